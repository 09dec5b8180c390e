"""Tasks: the result of a failed question, and users' tasks of either style."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from distilabel.pipeline import Pipeline
from distilabel.steps.base import StepInput
from distilabel.steps.tasks.base import Task
from rooms import Ask, Batched, Echo, Numbers, rows_of


class Judge(Ask):
    """Returns columns even if there is no answer."""

    @property
    def outputs(self) -> list[str]:
        return ["score", "verdict", "model_name"]

    def format_output(self, output: str | None, input: Any = None) -> dict[str, Any]:
        if output is None:
            return {"score": None, "verdict": ["none"]}
        if output.startswith("3"):
            raise ValueError("no score in it")
        return {"score": len(output), "verdict": [output]}


class Sync(Ask):
    """A task in the style of 1.5.3: its own `process` asks the model."""

    def process(self, inputs: StepInput) -> Any:
        prompts: Any = [self.format_input(row) for row in inputs]
        outputs = self.llm.generate_outputs(
            prompts, num_generations=1, **self.llm.get_generation_kwargs()
        )
        for row, output in zip(inputs, outputs, strict=True):
            row.update(self.format_output(output["generations"][0], row))
            row["model_name"] = self.llm.model_name
        yield inputs


class Turns(Ask):
    """Asks again about the answer."""

    async def aprocess(self, row: Any, ask: Any) -> Any:
        first = await ask(self.format_input(row))
        text = first["generations"][0]
        second = await ask([{"role": "user", "content": text}])
        return [{**row, "answer": second["generations"][0]}]


def run(folder: Path, task: type[Task], count: int = 5, **fields: Any) -> Any:
    with Pipeline(name="p", cache_dir=folder) as pipeline:
        Numbers(count=count) >> task(name="ask", **fields)
    return pipeline.run()


def test_a_failed_question_is_data(tmp_path: Path) -> None:
    distiset = run(tmp_path, Judge, llm=Echo(fails_on=["1"]))
    rows = rows_of(distiset)
    assert (rows[1]["score"], rows[1]["verdict"]) == (None, ["none"])
    assert rows[1]["model_name"] == "echo"
    metadata = rows[1]["distilabel_metadata"]
    assert metadata["raw_output_ask"] is None
    assert "cannot answer 1" in metadata["error_ask"]["message"]
    assert metadata["error_ask"]["attempts"] == 1
    assert rows[0]["distilabel_metadata"]["error_ask"] is None


def test_an_answer_that_cannot_be_parsed_is_data_too(tmp_path: Path) -> None:
    distiset = run(tmp_path, Judge, llm=Echo())
    row = rows_of(distiset)[3]
    assert (row["score"], row["verdict"]) == (None, None)
    error = row["distilabel_metadata"]["error_ask"]
    assert (error["type"], error["raw"]) == ("UnreadableAnswer", "3/0")
    (failure,) = distiset.failures
    assert (failure["step"], failure["key"], failure["raw"]) == ("ask", (3,), "3/0")
    assert distiset.report.balanced


def test_a_better_parser_parses_the_stored_answers(tmp_path: Path) -> None:
    run(tmp_path, Judge, llm=Echo())

    class Better(Judge):
        def format_output(self, output: str | None, input: Any = None) -> dict[str, Any]:
            return {"score": 0 if output is None else len(output), "verdict": []}

    llm = Echo()
    distiset = run(tmp_path, Better, llm=llm)
    assert llm.asked == []
    assert [row["score"] for row in rows_of(distiset)] == [3] * 5


def test_a_row_with_a_required_input_of_none_is_skipped(tmp_path: Path) -> None:
    second = Echo()
    with Pipeline(name="p", cache_dir=tmp_path) as pipeline:
        first = Ask(name="first", llm=Echo(fails_on=["2"]))
        ask = Ask(name="second", llm=second, input_mappings={"text": "answer"})
        Numbers(count=4) >> first >> ask
    distiset = pipeline.run()
    assert sorted(second.asked) == ["0/0", "1/0", "3/0"]
    rows = rows_of(distiset)
    assert rows[2]["answer"] is None
    assert [failure["step"] for failure in distiset.failures] == ["first"]
    tally = distiset.report.steps["second"]
    assert (tally.failed, tally.skipped) == (1, 1)
    assert distiset.report.balanced


def test_an_output_of_the_same_name_replaces_the_column(tmp_path: Path) -> None:
    with Pipeline(name="p", cache_dir=tmp_path) as pipeline:
        ask = Ask(llm=Echo(), output_mappings={"answer": "text"})
        Numbers(count=2) >> ask
    assert [row["text"] for row in rows_of(pipeline.run())] == ["0/0", "1/0"]


def test_grouped_generations_are_lists(tmp_path: Path) -> None:
    distiset = run(tmp_path, Judge, llm=Echo(), group_generations=True, num_generations=2)
    rows = rows_of(distiset)
    assert len(rows) == 5
    assert rows[0]["verdict"] == [["0/0"], ["0/1"]]
    assert rows[3]["score"] == [None, None]
    assert [m["raw_output_ask"] for m in rows[0]["distilabel_metadata"]] == ["0/0", "0/1"]
    assert distiset.report.steps["ask"].failed == 1
    assert distiset.report.balanced


def test_raw_texts_are_stored_only_if_requested(tmp_path: Path) -> None:
    distiset = run(tmp_path, Ask, llm=Echo(), add_raw_output=False, add_raw_input=False)
    metadata = rows_of(distiset)[0]["distilabel_metadata"]
    assert metadata == {"statistics_ask": {"input_tokens": 1, "output_tokens": 2}}


def test_metadata_of_earlier_tasks_stays(tmp_path: Path) -> None:
    with Pipeline(name="p", cache_dir=tmp_path) as pipeline:
        one, two = Ask(name="one", llm=Echo()), Ask(name="two", llm=Echo(fails_on=["1"]))
        Numbers(count=2) >> one >> two
    for row in rows_of(pipeline.run()):
        assert row["distilabel_metadata"]["raw_output_one"] == f"{row['n']}/0"


def test_each_turn_is_stored_separately(tmp_path: Path) -> None:
    distiset = run(tmp_path, Turns, llm=Echo())
    assert [row["answer"] for row in rows_of(distiset)] == [f"{n}/0/0" for n in range(5)]
    llm = Echo()
    run(tmp_path, Turns, llm=llm, count=6)
    assert llm.asked == ["5", "5/0"]


@pytest.mark.parametrize("model", [Echo, Batched])
def test_a_custom_process_uses_the_answer_store(model: Any, tmp_path: Path) -> None:
    first = run(tmp_path, Sync, llm=model(), input_batch_size=2)
    second = model()
    again = run(tmp_path, Sync, llm=second, input_batch_size=2)
    assert rows_of(again) == rows_of(first)
    assert rows_of(first)[0]["answer"] in ("0/0", "b:0")
    assert (second.asked if model is Echo else second.calls) == []
    assert again.report.steps["ask"].reused == 5


def test_a_custom_process_that_fails_leaves_none(tmp_path: Path) -> None:
    distiset = run(tmp_path, Sync, llm=Echo(fails_on=["2"]), input_batch_size=2)
    assert [row["answer"] for row in rows_of(distiset)] == ["0/0", "1/0", None, None, "4/0"]
    assert distiset.report.balanced


@pytest.mark.parametrize("model", [Echo, Batched])
def test_standalone(model: Any) -> None:
    task = Ask(name="ask", llm=model(), num_generations=2)
    task.load()
    rows = next(task.process([{"text": "a"}, {"text": "b"}]))
    assert [row["text"] for row in rows] == ["a", "a", "b", "b"]
    assert rows[0]["model_name"] in ("echo", "batched")


async def test_standalone_under_a_running_loop() -> None:
    task = Ask(llm=Echo())
    task.load()
    assert next(task.process([{"text": "a"}]))[0]["answer"] == "a/0"

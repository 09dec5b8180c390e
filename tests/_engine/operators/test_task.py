"""Tasks go row by row: a slow or failing row concerns nobody else, and nothing is asked twice."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

import pytest

from distilabel._engine.operators import task
from distilabel.errors import EndpointError
from distilabel.pipeline import Pipeline
from distilabel.steps import LoadDataFromDicts
from distilabel.steps.base import Step, StepInput
from distilabel.steps.tasks.base import Ask as AskProtocol
from rooms import Ask, Echo, Fn, Numbers, rows_of


def run(folder: Path, count: int = 10, cls: type[Ask] = Ask, **fields: Any) -> Any:
    with Pipeline(name="p", cache_dir=folder) as pipeline:
        Numbers(count=count) >> cls(name="ask", **fields)
    return pipeline.run()


def test_a_slow_row_holds_up_nobody(tmp_path: Path) -> None:
    """The first answer comes only after the last question of the next task was asked."""
    released = asyncio.Event()

    class Waits(Echo):
        async def agenerate(self, input: Any, num_generations: int = 1) -> Any:  # type: ignore[override]
            if input[-1]["content"] == "0":
                await released.wait()
            return await super().agenerate(input, num_generations)

    class Releases(Echo):
        async def agenerate(self, input: Any, num_generations: int = 1) -> Any:  # type: ignore[override]
            if input[-1]["content"] == "19":
                released.set()
            return await super().agenerate(input, num_generations)

    with Pipeline(name="p", cache_dir=tmp_path) as pipeline:
        first, second = Ask(name="first", llm=Waits()), Ask(name="second", llm=Releases())
        Numbers(count=20, batch_size=5) >> first >> second
    assert [row["n"] for row in rows_of(pipeline.run())] == list(range(20))


def test_a_row_that_fails_fails_alone_and_is_asked_again(tmp_path: Path) -> None:
    distiset = run(tmp_path, llm=Echo(fails_on=["3"]))
    rows = rows_of(distiset)
    assert [row["n"] for row in rows if row["answer"] is None] == [3]
    error = rows[3]["distilabel_metadata"]["error_ask"]
    assert error["type"] == "AnswerError"
    assert "cannot answer 3" in error["message"]
    assert [(f["step"], f["key"]) for f in distiset.failures] == [("ask", (3,))]
    assert distiset.report.balanced
    llm = Echo()
    distiset = run(tmp_path, llm=llm)
    assert llm.asked == ["3"]
    assert distiset.failures == []


def test_a_none_in_the_data_is_for_the_task_to_handle(tmp_path: Path) -> None:
    class AsksAnyway(Ask):
        def format_input(self, input: Any) -> Any:
            return [{"role": "user", "content": input["text"] or "nothing"}]

    data = [{"text": "a"}, {"text": None}]
    for _ in range(2):  # the second time from stored answers
        with Pipeline(name="p", cache_dir=tmp_path) as pipeline:
            LoadDataFromDicts(data=data) >> AsksAnyway(name="ask", llm=Echo())
        distiset = pipeline.run()
        assert [row["answer"] for row in rows_of(distiset)] == ["a/0", "nothing/0"]
        assert distiset.failures == []


def test_a_none_in_the_data_is_not_blamed_on_the_failure_of_another_step(tmp_path: Path) -> None:
    class Both(Ask):
        @property
        def inputs(self) -> list[str]:
            return ["text", "more"]

    data = [{"text": "a", "more": None}, {"text": "b", "more": None}]
    with Pipeline(name="p", cache_dir=tmp_path) as pipeline:
        first = Ask(name="first", llm=Echo(fails_on=["a"]), output_mappings={"answer": "unused"})
        LoadDataFromDicts(data=data) >> first >> Both(name="second", llm=Echo())
    distiset = pipeline.run()
    assert [row["unused"] for row in rows_of(distiset)] == [None, "b/0"]
    assert [row["answer"] for row in rows_of(distiset)] == ["a/0", "b/0"]
    assert distiset.report.steps["second"].skipped == 0


def test_a_row_without_its_column_is_a_failure_and_is_told_once(tmp_path: Path) -> None:
    data = [{"text": "a"}, {"text": "b"}, {"other": "c"}]
    with Pipeline(name="p", cache_dir=tmp_path) as pipeline:
        second = Ask(name="second", llm=Echo(), input_mappings={"text": "answer"})
        LoadDataFromDicts(data=data) >> Ask(name="first", llm=Echo(fails_on=["b"])) >> second
    distiset = pipeline.run()
    told = [(f["step"], f["key"], f["message"]) for f in distiset.failures]
    assert told == [
        ("first", (1,), "ValueError: cannot answer b"),
        ("first", (2,), "the row has no column 'text'; it has 'other'"),
    ]
    assert distiset.report.failures == 2
    assert distiset.report.steps["second"].skipped == 2


def test_where_the_code_of_a_task_raises_is_told_once(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    class Wrong(Ask):
        def format_input(self, input: Any) -> Any:
            return [{"role": "user", "content": input["nope"]}]

    distiset = run(tmp_path, cls=Wrong, llm=Echo(fails_on=["3"]))
    assert len(distiset.failures) == 10
    assert caplog.text.count('input["nope"]') == 1
    caplog.clear()
    run(tmp_path, llm=Echo(fails_on=["3"]))
    assert "Traceback" not in caplog.text


def test_several_generations_are_rows_in_order(tmp_path: Path) -> None:
    distiset = run(tmp_path, count=3, llm=Echo(), num_generations=2)
    answers = [f"{n}/{i}" for n in range(3) for i in range(2)]
    assert [row["answer"] for row in rows_of(distiset)] == answers
    assert distiset.report.steps["ask"].created == 3
    assert distiset.report.balanced


def test_a_task_may_drop_rows(tmp_path: Path) -> None:
    class Picky(Ask):
        async def aprocess(self, row: Any, ask: AskProtocol) -> Any:
            return await super().aprocess(row, ask) if row["n"] % 2 else []

    distiset = run(tmp_path, cls=Picky, llm=Echo())
    assert [row["n"] for row in rows_of(distiset)] == [1, 3, 5, 7, 9]
    assert distiset.report.steps["ask"].dropped == 5
    assert distiset.report.balanced


def test_an_endpoint_that_cannot_be_asked_ends_the_run_with_the_name_of_the_step(
    tmp_path: Path,
) -> None:
    class Locked(Echo):
        async def agenerate(self, input: Any, num_generations: int = 1) -> Any:  # type: ignore[override]
            raise EndpointError("the key is wrong", status=401)

    with pytest.raises(EndpointError, match="ask: the key is wrong"):
        run(tmp_path, llm=Locked())


def test_answers_that_cannot_be_kept_are_not_asked_again_and_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from distilabel._engine.storage.answer_store import Store

    monkeypatch.setattr(Store, "_write", _failing(Store._write))
    llm = Echo()
    with pytest.raises(EndpointError, match=r"ask: .*disk is full.*run again"):
        run(tmp_path, llm=llm, count=5)
    assert sorted(llm.asked) == sorted(set(llm.asked))


def _failing(written: Any) -> Any:
    class Full:
        in_transaction = False

        def execute(self, *_: Any) -> None:
            import sqlite3

            raise sqlite3.OperationalError("database or disk is full")

    return lambda self, connection, group: written(self, Full(), group)


def test_rows_of_many_generations_meet_plain_steps_in_order(tmp_path: Path) -> None:
    with Pipeline(name="p", cache_dir=tmp_path) as pipeline:
        step = Fn(input_batch_size=7)
        Numbers(count=30) >> Ask(llm=Echo(), num_generations=3) >> step
    pipeline.run()
    seen = [row["answer"] for batch in step.seen for row in batch]
    assert seen == [f"{n}/{i}" for n in range(30) for i in range(3)]


def test_equal_rows_get_answers_of_their_own_and_the_same_ones_again(tmp_path: Path) -> None:
    class Counts(Echo):
        async def agenerate(self, input: Any, num_generations: int = 1) -> Any:  # type: ignore[override]
            self.asked.append("x")
            return {"generations": [f"answer {len(self.asked)}"], "statistics": {}}

    def once(llm: Counts) -> Any:
        with Pipeline(name="p", cache_dir=tmp_path) as pipeline:
            same = Fn(function=lambda rows: [{"text": "same"} for _ in rows])
            Numbers(count=5) >> same >> Ask(llm=llm)
        return sorted(row["answer"] for row in rows_of(pipeline.run()))

    first = once(Counts())
    assert len(set(first)) == 5
    again = Counts()
    assert once(again) == first
    assert again.asked == []


class Multiply(Step):
    """Makes many rows of each."""

    count: int = 100

    def process(self, inputs: StepInput) -> Any:
        yield [{**row, "text": f"{row['n']}.{i}"} for row in inputs for i in range(self.count)]


def test_a_step_that_makes_many_rows_starts_few_coroutines_at_a_time(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(task, "_MOST_RUNNING", 8)
    running: list[int] = [0, 0]

    class Watched(Ask):
        async def aprocess(self, row: Any, ask: Any) -> Any:
            running[0] += 1
            running[1] = max(running)
            await asyncio.sleep(0)
            running[0] -= 1
            return await super().aprocess(row, ask)

    with Pipeline(name="p", cache_dir=tmp_path) as pipeline:
        Numbers(count=2) >> Multiply() >> Watched(llm=Echo())
    distiset = pipeline.run()
    rows = [row["answer"] for row in rows_of(distiset)]
    assert rows == [f"{n}.{i}/0" for n in range(2) for i in range(100)]
    assert running[1] <= 8
    assert distiset.report.balanced

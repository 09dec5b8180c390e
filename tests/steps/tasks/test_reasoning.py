"""The reasoning of a model is stored apart from its answer, over real HTTP."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from distilabel._simulated.server.settings import Settings
from distilabel.errors import DistilabelUserError
from distilabel.models import OpenAILLM, SimulatedLLM
from distilabel.pipeline import Pipeline
from distilabel.steps.tasks import EvolQuality, TextGeneration, UltraFeedback
from distilabel.steps.tasks.reasoning import REASONING_WITHOUT_TEXT
from endpoint import Endpoint
from rooms import Ask, Echo, Numbers, rows_of

Start = Callable[[str | None], OpenAILLM]


@pytest.fixture
def start() -> Iterator[Start]:
    """Starts endpoints whose models return reasoning in some form."""
    endpoints: list[Endpoint] = []

    def make(form: str | None) -> OpenAILLM:
        endpoints.append(Endpoint(Settings(reasoning=form)))
        return OpenAILLM(
            model="m",
            base_url=endpoints[-1].url,
            api_key="k",
            identity=str(form),
            generation_kwargs={"max_new_tokens": 500},
        )

    yield make
    for endpoint in endpoints:
        endpoint.close()


def run(folder: Path, llm: Any, **fields: Any) -> Any:
    with Pipeline(name="p", cache_dir=folder) as pipeline:
        Numbers(count=3) >> Ask(name="ask", llm=llm, **fields)
    return pipeline.run()


@pytest.mark.parametrize("form", ["reasoning_content", "reasoning_details"])
def test_reasoning_in_a_field_is_in_the_metadata_and_not_in_the_answer(
    form: str, start: Start, tmp_path: Path
) -> None:
    plain = rows_of(run(tmp_path, start(None)))
    rows = rows_of(run(tmp_path, start(form)))
    assert [row["answer"] for row in rows] == [row["answer"] for row in plain]
    for row in rows:
        metadata = row["distilabel_metadata"]
        assert "Let me think" in metadata["reasoning_ask"]
        assert metadata["raw_output_ask"] == row["answer"]
        assert metadata["statistics_ask"]["reasoning_tokens"] > 10
    assert not any("reasoning" in name for name in plain[0]["distilabel_metadata"])
    assert "reasoning" not in rows[0]


@pytest.mark.parametrize("form", ["think", "think_end"])
def test_reasoning_in_the_text_stays_there_as_in_1_x(
    form: str, start: Start, tmp_path: Path
) -> None:
    plain = rows_of(run(tmp_path, start(None)))
    rows = rows_of(run(tmp_path, start(form)))
    for row, answered in zip(rows, plain, strict=True):
        assert row["answer"].endswith(answered["answer"])
        assert "Let me think" in row["answer"]
        assert row["distilabel_metadata"]["raw_output_ask"] == row["answer"]
        assert "reasoning_ask" not in row["distilabel_metadata"]


def test_add_reasoning_splits_the_text_but_not_the_raw_output(start: Start, tmp_path: Path) -> None:
    plain = rows_of(run(tmp_path, start(None)))
    rows = rows_of(run(tmp_path, start("think"), add_reasoning=True))
    assert [row["answer"] for row in rows] == [row["answer"] for row in plain]
    for row in rows:
        raw = row["distilabel_metadata"]["raw_output_ask"]
        assert raw == f"<think>\n{row['reasoning']}\n</think>\n\n{row['answer']}"


class Thinker(Echo):
    """Answers with a fixed text."""

    text: str

    async def agenerate(self, input: Any, num_generations: int = 1) -> Any:  # type: ignore[override]
        self.asked.append(str(input))
        statistics = {"finish_reason": ["length"]} if "</think>" not in self.text else {}
        return {"generations": [self.text], "statistics": statistics}


@pytest.mark.parametrize(
    ("text", "asked"), [("<think>and then", 1), ("<think>that is all</think>\n", 2)]
)
def test_reasoning_without_an_answer_is_a_failure_with_add_reasoning(
    text: str, asked: int, tmp_path: Path
) -> None:
    # Cut off while it reasoned, the model would be cut off again: it is not asked once more.
    llm = Thinker(text=text)
    with Pipeline(name="p", cache_dir=tmp_path) as pipeline:
        Numbers(count=1) >> Ask(name="ask", llm=llm, add_reasoning=True)
    distiset = pipeline.run()
    (row,) = rows_of(distiset)
    assert (row["answer"], distiset.failures[0]["message"]) == (None, REASONING_WITHOUT_TEXT)
    assert row["reasoning"] in text
    assert row["distilabel_metadata"]["raw_output_ask"] == text
    assert len(llm.asked) == asked


def test_a_judge_that_was_cut_off_while_it_reasoned_is_asked_once(tmp_path: Path) -> None:
    llm = Thinker(text="<think>Rating: 1")
    with Pipeline(name="p", cache_dir=tmp_path) as pipeline:
        UltraFeedback(name="judge", llm=llm)
    distiset = pipeline.run(dataset=[{"instruction": "Name an owl.", "generations": ["Barn owl."]}])
    assert REASONING_WITHOUT_TEXT in distiset.failures[0]["message"]
    assert len(llm.asked) == 1


def test_a_turn_with_only_reasoning_says_so(tmp_path: Path) -> None:
    with Pipeline(name="p", cache_dir=tmp_path) as pipeline:
        EvolQuality(name="evolve", llm=Thinker(text="<think>and then"), num_evolutions=2)
    distiset = pipeline.run(dataset=[{"instruction": "i", "response": "r"}])
    assert distiset.failures[0]["message"] == REASONING_WITHOUT_TEXT


def test_stored_answers_are_split_or_left_whole_as_the_task_says(
    start: Start, tmp_path: Path
) -> None:
    llm = start("think")
    whole = rows_of(run(tmp_path, llm))
    distiset = run(tmp_path, llm, add_reasoning=True)
    assert distiset.report.asked == 0
    for row, split in zip(whole, rows_of(distiset), strict=True):
        assert row["answer"] == f"<think>\n{split['reasoning']}\n</think>\n\n{split['answer']}"


def test_parsers_see_the_answer_alone(start: Start, tmp_path: Path) -> None:
    with Pipeline(name="p", cache_dir=tmp_path) as pipeline:
        UltraFeedback(llm=start("think"))
    rows = [{"instruction": "Name an owl.", "generations": ["Barn owl.", "Owl."]}]
    distiset = pipeline.run(dataset=rows)
    assert not distiset.failures
    assert all(rating is not None for rating in rows_of(distiset)[0]["ratings"])


def test_add_reasoning_adds_a_column(start: Start, tmp_path: Path) -> None:
    mapped = {"reasoning": "thoughts"}
    distiset = run(tmp_path, start("think"), add_reasoning=True, output_mappings=mapped)
    for row in rows_of(distiset):
        assert "Let me think" in row["thoughts"]
        assert "reasoning_ask" not in row["distilabel_metadata"]
    grouped = run(
        tmp_path, start("think"), add_reasoning=True, num_generations=2, group_generations=True
    )
    for row in rows_of(grouped):
        assert len(row["answer"]) == len(row["reasoning"]) == 2
        assert all(row["reasoning"])


def test_the_column_is_none_without_reasoning(start: Start, tmp_path: Path) -> None:
    rows = rows_of(run(tmp_path, start(None), add_reasoning=True))
    assert [row["reasoning"] for row in rows] == [None] * 3


def test_reasoning_that_leaves_no_tokens_for_an_answer_is_a_failure(
    start: Start, tmp_path: Path
) -> None:
    llm = start("reasoning")
    llm.generation_kwargs = {"max_new_tokens": 5}
    distiset = run(tmp_path, llm, add_reasoning=True)
    assert [row["answer"] for row in rows_of(distiset)] == [None] * 3
    assert [row["reasoning"] for row in rows_of(distiset)] == [None] * 3
    assert "all 5 tokens thinking: raise max_new_tokens" in distiset.failures[0]["message"]
    assert distiset.report.balanced


class Half(Echo):
    """Returns a text every other time, and reasoning every time."""

    async def agenerate(self, input: Any, num_generations: int = 1) -> Any:  # type: ignore[override]
        texts = [str(i) if i % 2 else None for i in range(num_generations)]
        return {"generations": texts, "statistics": {}, "reasoning": ["hm"] * num_generations}


def test_a_generation_with_only_reasoning_fails_alone(tmp_path: Path) -> None:
    distiset = run(tmp_path, Half(), num_generations=2)
    assert [row["answer"] for row in rows_of(distiset)] == [None, "1"] * 3
    assert {failure["message"] for failure in distiset.failures} == {REASONING_WITHOUT_TEXT}
    assert (len(distiset.failures), distiset.report.balanced) == (3, True)


def test_stored_answers_include_their_reasoning(start: Start, tmp_path: Path) -> None:
    llm = start("think")
    first = run(tmp_path, llm)
    again = run(tmp_path, llm)
    assert again.report.reused == 3
    assert rows_of(again) == rows_of(first)


def test_add_reasoning_is_dumped_only_if_set() -> None:
    assert "add_reasoning" not in TextGeneration(llm=SimulatedLLM()).dump()
    task = TextGeneration(llm=SimulatedLLM(), add_reasoning=True)
    assert task.dump()["add_reasoning"] is True
    assert list(task.get_outputs()) == ["generation", "model_name", "reasoning"]


def test_a_task_with_several_turns_records_the_reasoning_of_each(
    start: Start, tmp_path: Path
) -> None:
    def evolved(**fields: Any) -> Any:
        with Pipeline(name="turns", cache_dir=tmp_path) as pipeline:
            EvolQuality(name="evolve", llm=llm, num_evolutions=2, **fields)
        rows = [{"instruction": f"Question {i}.", "response": "An answer."} for i in range(3)]
        return pipeline.run(dataset=rows)

    llm = start("think")
    for row in rows_of(evolved()):
        thoughts = row["distilabel_metadata"]["reasoning_evolve"]
        assert len(thoughts) == 2
        assert "<think>" not in row["evolved_response"]
    # The same in a column, from kept answers.
    again = evolved(add_reasoning=True)
    assert again.report.asked == 0
    for row in rows_of(again):
        assert len(row["reasoning"]) == 2
        assert "reasoning_evolve" not in row["distilabel_metadata"]
    llm = start(None)
    plain = evolved()
    assert plain.report.asked == 6
    assert all("reasoning_evolve" not in row["distilabel_metadata"] for row in rows_of(plain))


def test_an_existing_column_is_not_overwritten() -> None:
    class Own(Ask):
        @property
        def outputs(self) -> list[str]:
            return ["reasoning", "model_name"]

    with pytest.raises(DistilabelUserError, match="already has an output column"):
        Own(llm=SimulatedLLM(), add_reasoning=True).load()


def test_reasoning_that_led_to_earlier_answers_is_not_kept_beside_new_ones(tmp_path: Path) -> None:
    earlier = {"reasoning_ask": "of an earlier answer", "reasoning_other": "of another task"}
    with Pipeline(name="p", cache_dir=tmp_path) as pipeline:
        Ask(name="ask", llm=Echo())
    distiset = pipeline.run(dataset=[{"text": "a", "distilabel_metadata": earlier}])
    metadata = rows_of(distiset)[0]["distilabel_metadata"]
    assert metadata.get("reasoning_ask") is None
    assert metadata["reasoning_other"] == "of another task"

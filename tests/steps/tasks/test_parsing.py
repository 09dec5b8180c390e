"""Answers that cannot be parsed are retried, stored only if they can be, and else fail as data."""

from __future__ import annotations

import asyncio
from collections import Counter
from pathlib import Path
from typing import Any

import pytest
from pydantic import Field, ValidationError

from distilabel.errors import AnswerError
from distilabel.models.llms.base import AsyncLLM
from distilabel.pipeline import Pipeline
from distilabel.steps.tasks import EvolQuality, UltraFeedback
from distilabel.steps.tasks.parsing import all_none, parse_output, retry_unparsed
from rooms import Ask, Numbers, rows_of


class Moody(AsyncLLM):
    """Answers each question with its texts in turn, and then repeats the last one."""

    says: dict[str, list[Any]] = Field(default_factory=dict, exclude=True)
    asked: list[str] = Field(default_factory=list, exclude=True)
    seeds: list[Any] = Field(default_factory=list, exclude=True)

    @property
    def model_name(self) -> str:
        return "moody"

    async def agenerate(  # type: ignore[override]
        self, input: Any, num_generations: int = 1, seed: int | None = None
    ) -> Any:
        question = input[-1]["content"]
        texts = []
        for _ in range(num_generations):
            times = self.asked.count(question)
            self.asked.append(question)
            said = self.says.get(question, ["good"])
            texts.append(said[min(times, len(said) - 1)])
        self.seeds.append(seed)
        if isinstance(texts[0], Exception):
            raise texts[0]
        return {
            "generations": texts,
            "statistics": {"input_tokens": [1], "output_tokens": [2] * num_generations},
        }


class Seeded(Moody):
    """A `Moody` that accepts a seed."""

    _takes_seed = True


class Strict(Ask):
    """Parses only texts that begin with `good`."""

    def format_output(self, output: str | None, input: Any = None) -> dict[str, Any]:
        if output is not None and not output.startswith("good"):
            raise ValueError(f"bad: {output}")
        return {"answer": output}


def run(folder: Path, llm: Moody, count: int = 4, cls: type[Ask] = Strict, **fields: Any) -> Any:
    with Pipeline(name="p", cache_dir=folder) as pipeline:
        Numbers(count=count) >> cls(name="s", llm=llm, **fields)
    return pipeline.run()


def answers(distiset: Any) -> list[Any]:
    return [row["answer"] for row in rows_of(distiset)]


def test_a_retry_replaces_an_answer_that_cannot_be_parsed(tmp_path: Path) -> None:
    llm = Moody(says={"2": ["bad", "good again"]})
    distiset = run(tmp_path, llm)
    assert answers(distiset) == ["good", "good", "good again", "good"]
    assert distiset.failures == []
    row = rows_of(distiset)[2]["distilabel_metadata"]
    assert row["raw_output_s"] == "good again"
    step = distiset.report.steps["s"]
    assert (step.asked, step.answered, step.retried, step.in_flight) == (5, 5, 0, 0)
    assert step.output_tokens == 10


def test_a_rerun_after_a_successful_retry_asks_nothing(tmp_path: Path) -> None:
    first = run(tmp_path, Moody(says={"2": ["bad", "good again"]}))
    llm = Moody()
    again = run(tmp_path, llm)
    assert llm.asked == []
    assert rows_of(again) == rows_of(first)
    step = again.report.steps["s"]
    assert (step.asked, step.reused) == (0, 5)


def test_a_rerun_asks_only_for_the_failed_row(tmp_path: Path) -> None:
    distiset = run(tmp_path, Moody(says={"1": ["bad", "bad too"]}))
    assert answers(distiset) == ["good", None, "good", "good"]
    failure = dict(distiset.failures[0])
    assert failure == {
        "step": "s",
        "key": (1,),
        "type": "UnreadableAnswer",
        "message": "ValueError: bad: bad too",
        "attempts": 2,
        "raw": "bad too",
    }
    worse = Moody(says={"1": ["still bad"]})
    distiset = run(tmp_path, worse)
    assert worse.asked == ["1"]
    assert distiset.failures[0]["raw"] == "still bad"
    better = Moody()
    distiset = run(tmp_path, better)
    assert better.asked == ["1"]
    assert answers(distiset) == ["good"] * 4
    last = Moody()
    run(tmp_path, last)
    assert last.asked == []


def test_a_more_lenient_parser_asks_nothing(tmp_path: Path) -> None:
    run(tmp_path, Moody(says={"1": ["bad"]}))
    llm = Moody()
    assert answers(run(tmp_path, llm, cls=Ask)) == ["good", "bad", "good", "good"]
    assert llm.asked == []


def test_a_stricter_parser_asks_again_for_a_stored_retry(
    tmp_path: Path,
) -> None:
    class Stricter(Strict):
        def format_output(self, output: str | None, input: Any = None) -> dict[str, Any]:
            if output is not None and output != "good":
                raise ValueError("not good")
            return {"answer": output}

    run(tmp_path, Moody(says={"1": ["bad", "goodish"]}))
    llm = Moody()
    assert answers(run(tmp_path, llm, cls=Stricter)) == ["good"] * 4
    assert llm.asked == ["1"]
    llm = Moody()
    run(tmp_path, llm, cls=Stricter)
    assert llm.asked == []


@pytest.mark.parametrize(("retries", "asked"), [(0, 1), (1, 2), (3, 4), (None, 1)])
def test_parse_retries_limits_the_attempts(retries: Any, asked: int, tmp_path: Path) -> None:
    llm = Moody(says={"0": ["bad"]})
    distiset = run(tmp_path, llm, count=1, parse_retries=retries)
    assert len(llm.asked) == asked
    assert distiset.failures[0]["attempts"] == asked


def test_only_generations_that_cannot_be_parsed_are_retried(
    tmp_path: Path,
) -> None:
    llm = Moody(says={"0": ["good 0", "bad", "good 2", "bad", "good 4", "good 5"]})
    distiset = run(tmp_path, llm, count=1, num_generations=4)
    assert answers(distiset) == ["good 0", "good 4", "good 2", "good 5"]
    assert len(llm.asked) == 6
    llm = Moody()
    again = run(tmp_path, llm, count=1, num_generations=4)
    assert llm.asked == []
    assert rows_of(again) == rows_of(distiset)


def test_grouped_generations_are_retried_one_by_one(tmp_path: Path) -> None:
    llm = Moody(says={"0": ["bad", "good 1", "good 2"]})
    distiset = run(tmp_path, llm, count=1, num_generations=2, group_generations=True)
    assert answers(distiset) == [["good 2", "good 1"]]


def test_equal_rows_are_retried_separately(tmp_path: Path) -> None:
    class Same(Strict):
        def format_input(self, input: Any) -> Any:
            return [{"role": "user", "content": "same"}]

    llm = Moody(says={"same": ["bad", "bad", "bad", "good 3", "good 4", "good 5"]})
    first = run(tmp_path, llm, count=3, cls=Same)
    assert sorted(answers(first)) == ["good 3", "good 4", "good 5"]
    llm = Moody()
    assert sorted(answers(run(tmp_path, llm, count=3, cls=Same))) == sorted(answers(first))
    assert llm.asked == []


def test_retries_work_without_an_answer_store() -> None:
    llm = Moody(says={"a": ["bad", "good 1"], "b": ["bad"]})
    task = Strict(name="s", llm=llm)
    task.load()
    rows = next(task.process([{"text": "a"}, {"text": "b"}]))
    assert [row["answer"] for row in rows] == ["good 1", None]
    assert rows[1]["distilabel_metadata"]["error_s"]["attempts"] == 2
    assert Counter(llm.asked) == {"a": 2, "b": 2}


@pytest.mark.parametrize("chosen", [{}, {"generation_kwargs": {"seed": 7}}])
def test_a_retry_has_another_seed_which_is_the_same_on_a_rerun(chosen: Any, tmp_path: Path) -> None:
    cls = Moody if chosen else Seeded
    llm = cls(says={"0": ["bad"]}, **chosen)
    run(tmp_path, llm, count=1, parse_retries=2)
    assert len(set(llm.seeds)) == 3
    assert not chosen or llm.seeds[0] == 7
    again = cls(says={"0": ["bad"]}, **chosen)
    run(tmp_path, again, count=1, parse_retries=2)
    assert again.seeds == llm.seeds[1:]


def test_a_retry_without_an_answer_keeps_the_first_text(tmp_path: Path) -> None:
    llm = Moody(says={"0": ["bad", AnswerError("refused", status=400)]})
    distiset = run(tmp_path, llm, count=1, parse_retries=5)
    failure = distiset.failures[0]
    assert (failure["type"], failure["raw"], failure["attempts"]) == ("UnreadableAnswer", "bad", 2)
    assert len(llm.asked) == 2


def test_an_ask_without_again_is_not_retried() -> None:
    llm = Moody(says={"a": ["bad"]})
    task = Strict(name="s", llm=llm)
    task.load()

    async def ask(input: Any, num_generations: int = 1, **kwargs: Any) -> Any:
        return await llm.agenerate(input, num_generations)

    rows = asyncio.run(task.aprocess({"text": "a"}, ask))
    assert rows[0]["distilabel_metadata"]["error_s"]["attempts"] == 1


def test_a_judge_that_rates_nothing_is_retried_and_then_fails(tmp_path: Path) -> None:
    rows = [{"instruction": "i", "generations": ["a", "b"]}]

    class Judge(Moody):
        async def agenerate(self, input: Any, num_generations: int = 1, **kwargs: Any) -> Any:  # type: ignore[override]
            return await super().agenerate([{"content": "judge"}], num_generations)

    def judged(*texts: str) -> Any:
        with Pipeline(name="p", cache_dir=tmp_path) as pipeline:
            UltraFeedback(name="s", llm=Judge(identity=texts[-1], says={"judge": [*texts]}))
        return pipeline.run(dataset=rows)

    good = "Rating: 4\nRationale: fine\n\nRating: N/A\nRationale: none"
    distiset = judged("I would rather not.", good)
    assert rows_of(distiset)[0]["ratings"] == [4, None]
    assert distiset.failures == []
    distiset = judged("I would rather not.")
    # The columns are what the task says they are for such a text.
    assert rows_of(distiset)[0]["ratings"] == [None, None]
    assert distiset.failures[0]["raw"] == "I would rather not."
    assert distiset.failures[0]["attempts"] == 2


def test_all_none_looks_into_lists() -> None:
    assert all_none({"a": None, "b": [None, [None]], "c": 1}, ["a", "b"])
    assert not all_none({"a": None, "c": 1}, ["a", "c"])
    assert not all_none({"a": []}, ["a"])


def test_tasks_with_several_turns_are_not_retried() -> None:
    llm = Moody()
    task = EvolQuality(name="s", llm=llm, num_evolutions=2, parse_retries=3)
    task.load()
    next(task.process([{"instruction": "i", "response": "r"}]))
    assert len(llm.asked) == 2


def test_parse_retries_is_a_runtime_parameter_dumped_only_if_set() -> None:
    plain, three = Strict(name="s", llm=Moody()), Strict(name="s", llm=Moody(), parse_retries=3)
    dumped = {k: v for k, v in plain.dump().items() if k != "runtime_parameters_info"}
    assert "parse_retries" not in dumped
    assert three.dump()["parse_retries"] == 3
    assert plain.signature == three.signature
    assert plain.runtime_parameters_names["parse_retries"] is True
    with pytest.raises(ValidationError):
        Strict(llm=Moody(), parse_retries=-1)


async def test_only_texts_are_asked_for_again_not_what_has_none() -> None:
    class Raises(Strict):
        def format_output(self, output: str | None, input: Any = None) -> dict[str, Any]:
            if output is None:
                raise ValueError("no text")
            return super().format_output(output, input)

    class Asking:
        def __init__(self) -> None:
            self.asked: list[tuple[int, int]] = []

        async def again(self, prompt: Any, attempt: int, index: int, accept: Any) -> Any:
            self.asked.append((attempt, index))
            return {"generations": ["good"], "statistics": {}}

    task, ask = Raises(name="s", llm=Moody(), parse_retries=3), Asking()
    output: Any = {"generations": [None, "bad", "good"], "statistics": {}}
    parsed = parse_output(task, output, {})
    after = await retry_unparsed(task, ask, [], {}, parsed)
    assert ask.asked == [(1, 1)]
    assert [(each.text, each.error is None, each.attempts) for each in after] == [
        (None, False, 1),
        ("good", True, 2),
        ("good", True, 1),
    ]


def test_without_a_text_a_judge_has_rated_nothing_and_not_badly() -> None:
    judge = UltraFeedback(name="s", llm=Moody())
    judge.load()
    row = {"instruction": "i", "generations": ["a", "b"]}
    output: Any = {"generations": [None, "I would rather not."], "statistics": {}}
    missing, refused = parse_output(judge, output, row)
    assert missing.columns["ratings"] == refused.columns["ratings"] == [None, None]
    assert (missing.error, bool(refused.error)) == (None, True)

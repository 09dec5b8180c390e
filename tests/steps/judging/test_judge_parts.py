"""Protects the identity of judging steps: each part moves by itself, names do not matter."""

from __future__ import annotations

from typing import Any

import pytest

from distilabel.errors import DistilabelUserError
from distilabel.models import SimulatedLLM
from distilabel.pipeline import Pipeline
from distilabel.quality.judge_identity import JudgeIdentity
from distilabel.steps.judging.judge_parts import judge_identity
from distilabel.steps.tasks import PairwiseJudge, RubricJudge, TextGeneration, UltraFeedback


def identity(cls: Any = PairwiseJudge, **fields: Any) -> JudgeIdentity:
    with Pipeline():
        return judge_identity(cls(**{"llm": SimulatedLLM(), **fields}))


@pytest.mark.parametrize(
    ("fields", "moved"),
    [
        ({"criteria": "The better one is shorter."}, ["the prompt"]),
        ({"llm": SimulatedLLM(model="other")}, ["the model (simulated -> other)"]),
        ({"llm": SimulatedLLM(generation_kwargs={"temperature": 0.5})},
         ["the generation arguments"]),
        ({"orders": 1}, ["the prompt", "the orders that are asked (2 -> 1)"]),
        ({"use_default_structured_output": True}, ["the prompt", "the structured output"]),
        ({"parse_retries": 3}, ["the parser of its answers"]),
        ({"name": "other", "input_mappings": {"generations": "texts"}}, []),
    ],
)  # fmt: skip
def test_what_moved_is_named(fields: dict[str, Any], moved: list[str]) -> None:
    assert identity(**fields).moved_from(identity()) == moved


def test_another_task_and_another_aspect_are_other_judges() -> None:
    assert "the task class (PairwiseJudge -> UltraFeedback)" in identity(UltraFeedback).moved_from(
        identity()
    )
    honesty = identity(UltraFeedback, aspect="honesty")
    assert honesty.moved_from(identity(UltraFeedback)) == ["the prompt"]


def test_every_question_of_a_rubric_is_part_of_the_prompt() -> None:
    one = {"a": "It is short.", "b": "It is kind."}
    other = {"a": "It is short.", "b": "It is true."}
    ids = [identity(RubricJudge, criteria=c) for c in (one, other)]
    assert ids[1].moved_from(ids[0]) == ["the prompt"]


def test_a_parser_of_the_users_is_part_of_the_identity() -> None:
    class Own(TextGeneration):
        def format_output(self, output: Any, input: Any = None) -> dict[str, Any]:
            return {"generation": output}

    class Other(TextGeneration):
        def format_output(self, output: Any, input: Any = None) -> dict[str, Any]:
            return {"generation": str(output)}

    assert "the parser of its answers" in identity(Own).moved_from(identity(Other))


def test_a_prompt_that_cannot_be_made_is_an_error_with_the_step() -> None:
    class Broken(TextGeneration):
        def format_input(self, input: Any) -> Any:
            raise KeyError("topic")

    with pytest.raises(DistilabelUserError, match=r"judge: its prompt cannot be made.*KeyError"):
        identity(Broken, name="judge")

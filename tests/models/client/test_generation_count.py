"""Protects that the values of an output stay with their generation when it is cut or joined."""

from __future__ import annotations

from typing import Any

import pytest

from distilabel.errors import AnswerError
from distilabel.models.client.generation_count import (
    first_generations,
    joined,
    rejects_several,
)


def output(*texts: str, **more: Any) -> Any:
    return {"generations": list(texts), "statistics": {"output_tokens": [len(texts)]}, **more}


def test_what_belongs_to_a_generation_is_cut_with_it() -> None:
    full = output("a", "b", "c", reasoning=[None, "why", "how"])
    full["statistics"]["finish_reason"] = ["stop", "length", "stop"]
    assert first_generations(full, 2) == {
        "generations": ["a", "b"],
        "statistics": {"output_tokens": [3], "finish_reason": ["stop", "length"]},
        "reasoning": [None, "why"],
    }
    assert len(full["generations"]) == 3


def test_a_list_of_another_length_is_not_cut() -> None:
    full = output("a", "b", "c", citations=["x", "y", "z", "w"])
    fewer: Any = first_generations(full, 2)
    assert fewer["citations"] == ["x", "y", "z", "w"]


def test_a_tuple_of_values_is_cut_as_a_list_is() -> None:
    full = output("a", "b", "c", logprobs=(1, 2, 3))
    fewer: Any = first_generations(full, 2)
    assert fewer["logprobs"] == (1, 2)


def test_joined_outputs_keep_their_statistics_and_other_values() -> None:
    whole = joined([output("a", "b"), output("c", reasoning=["why"])])
    assert whole["generations"] == ["a", "b", "c"]
    assert whole["statistics"]["output_tokens"] == [2, 2, 1]
    assert whole["reasoning"] == [None, None, "why"]


def test_only_one_value_is_repeated_for_every_generation() -> None:
    reply = output("a", "b", "c")
    reply["statistics"] = {"input_tokens": [9], "output_tokens": [1, 2, 3], "seconds": [1, 2]}
    assert joined([reply, output("d")])["statistics"]["input_tokens"][:3] == [9, 9, 9]
    assert joined([reply, output("d")])["statistics"]["output_tokens"] == [1, 2, 3, 1]
    statistics: Any = joined([reply, output("d")])["statistics"]
    assert statistics["seconds"][:3] == [1, 2, None]


@pytest.mark.parametrize(
    "message",
    [
        "'n' : number must be at most 1",
        "Only one completion choice is allowed",
        "n > 1 is not supported",
        "'n' is not supported by this model",
        "Only n = 1 is supported",
        "`n` must be less than or equal to 1",
        "Unsupported value: 'n' does not support 3 with this model.",
        "This model does not support multiple completions",
    ],
)
def test_servers_say_in_many_ways_that_they_return_one_generation(message: str) -> None:
    assert rejects_several(AnswerError("no", status=400, raw=message))
    assert not rejects_several(AnswerError("no", raw=message))


@pytest.mark.parametrize(
    "message",
    [
        "'temperature' is not supported",
        "This model's maximum context length is 4096 tokens",
        "Only one system message is allowed",
        "the number of tokens must be less than 4096",
    ],
)
def test_other_rejections_are_not_about_the_number_of_generations(message: str) -> None:
    assert not rejects_several(AnswerError("no", status=400, raw=message))


def test_outputs_without_statistics_are_joined() -> None:
    assert joined([{"generations": ["a"]}, {"generations": ["b"]}])["generations"] == ["a", "b"]  # type: ignore[typeddict-item]

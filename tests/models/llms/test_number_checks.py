"""Protects from numbers that would fail every row, or hang: they are refused at construction."""

from __future__ import annotations

from typing import Any

import pytest
from pydantic import ValidationError

from distilabel.models import AnthropicLLM, InferenceEndpointsLLM, OpenAILLM
from distilabel.models.llms.number_checks import impossible_numbers


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ({"temperature": float("nan")}, "temperature=nan is not a number that can be sent"),
        ({"temperature": -0.1}, "temperature=-0.1: set 0 or more"),
        ({"top_p": 1.5}, "top_p=1.5: set 0 to 1"),
        ({"presence_penalty": float("inf")}, "presence_penalty=inf is not a number"),
        ({"max_new_tokens": 0}, "max_new_tokens=0: an answer has at least 1 token"),
        ({"max_tokens": -5}, "max_tokens=-5: an answer"),
    ],
)
def test_a_number_that_cannot_be_right_is_named(arguments: dict[str, Any], said: str) -> None:
    (fault,) = impossible_numbers(arguments)
    assert fault.startswith(said)


@pytest.mark.parametrize(
    "arguments",
    [
        {"temperature": 0, "top_p": 1.0, "top_k": -1, "frequency_penalty": -2.0, "seed": -3},
        {"max_new_tokens": 0, "echo": True},
        {"logprobs": False, "stop": "a", "extra_body": {"top_p": 5}, "max_tokens": None},
    ],
)
def test_other_numbers_are_the_models_business(arguments: dict[str, Any]) -> None:
    assert impossible_numbers(arguments) == []


@pytest.mark.parametrize(
    "fields",
    [
        {"timeout": -1},
        {"timeout": 0},
        {"timeout": float("nan")},
        {"timeout": float("inf")},
        {"max_retries": -1},
        {"max_concurrency": 0},
        {"requests_per_minute": 0},
        {"tokens_per_minute": -1},
        {"price": (-1, 1)},
        {"price": (float("nan"), 1)},
        {"offline_batch_generation_block_until_done": -1},
        {"generation_kwargs": {"temperature": float("nan")}},
    ],
)
@pytest.mark.parametrize("cls", [OpenAILLM, AnthropicLLM])
def test_a_model_cannot_be_made_or_set_so(cls: Any, fields: dict[str, Any]) -> None:
    with pytest.raises(ValidationError, match=next(iter(fields))):
        cls(model="m", api_key="k", **fields)
    llm = cls(model="m", api_key="k")
    with pytest.raises(ValidationError):
        llm.set_runtime_parameters(fields)


def test_arguments_of_every_model_are_checked() -> None:
    with pytest.raises(ValidationError, match="max_new_tokens=0"):
        InferenceEndpointsLLM(
            base_url="http://a", api_key="k", generation_kwargs={"max_new_tokens": 0}
        )

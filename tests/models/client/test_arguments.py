"""Protects that an invalid generation argument raises before the first request."""

from __future__ import annotations

from typing import Any, Optional

import pytest
from typing_extensions import TypedDict

from distilabel.errors import DistilabelUserError
from distilabel.models import AsyncLLM, OpenAILLM
from distilabel.models.client.arguments import validated_arguments


class Options(TypedDict, total=False):
    """What a model takes."""

    top_k: int


class Model(AsyncLLM):
    """Takes a few arguments."""

    @property
    def model_name(self) -> str:
        return "model"

    async def agenerate(  # type: ignore[override]
        self,
        input: Any,
        num_generations: int = 1,
        temperature: float = 1.0,
        options: Optional[Options] = None,
        bare: Any = None,
    ) -> Any:
        raise NotImplementedError


def test_values_are_converted_to_what_the_method_asks_for() -> None:
    checked = validated_arguments(Model(), {"temperature": "0.5", "options": {"top_k": "3"}})
    assert checked == {"temperature": 0.5, "options": {"top_k": 3}}


def test_all_faults_are_named_with_the_nearest_names() -> None:
    with pytest.raises(DistilabelUserError) as caught:
        validated_arguments(Model(), {"temprature": 1, "options": {"top_k": "x"}})
    assert "did you mean 'temperature'?" in str(caught.value)
    assert "options=" in str(caught.value)


def test_the_number_of_generations_is_not_an_argument() -> None:
    with pytest.raises(DistilabelUserError, match="num_generations"):
        validated_arguments(Model(), {"num_generations": 3})


def test_a_method_checked_by_pydantic_is_checked_the_same() -> None:
    llm = OpenAILLM(model="m", api_key="k")
    assert validated_arguments(llm, {"max_new_tokens": 5}) == {"max_new_tokens": 5}
    with pytest.raises(DistilabelUserError, match="max_new_tokens=-5"):
        validated_arguments(llm, {"max_new_tokens": -5})


def test_no_arguments_are_fine() -> None:
    assert validated_arguments(Model(), {}) == {}

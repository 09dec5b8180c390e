"""Protects users of 1.5.3 from overrides that are silently never called, and from false alarms."""

from __future__ import annotations

import functools
import logging
from typing import Any

import pytest
from pydantic import PrivateAttr, field_validator, model_validator

from distilabel.models import AnthropicLLM, AsyncLLM, OpenAILLM
from distilabel.steps import Step, StepInput, StepOutput
from distilabel.steps.tasks import TextGeneration


class Overrides(OpenAILLM):
    """Overrides private methods that the class had in 1.5.3."""

    async def _generate_chat_completion(self, input: Any, **kwargs: Any) -> Any:
        return {}

    @staticmethod
    def _get_llm_statistics(completion: Any) -> Any:
        return {}


class Below(Overrides):
    """Inherits them."""


class Helpers(OpenAILLM):
    """Has private methods that are called, each in another way."""

    _notes: dict[str, str] = PrivateAttr(default_factory=dict)

    @model_validator(mode="after")
    def _whole(self) -> Any:
        return self

    @field_validator("model")
    @classmethod
    def _one(cls, value: str) -> str:
        return value

    @property
    def _value(self) -> int:
        return self._by_property()

    def _by_property(self) -> int:
        return 1

    def _by_name(self) -> int:
        return 2

    def _by_text(self) -> int:
        return 6

    def _by_table(self) -> int:
        return 7

    def _by_lambda(self) -> int:
        return 3

    def _by_module(self) -> int:
        return 4

    def _by_wrapped(self) -> int:
        return 5

    def _endpoint_id(self) -> str:
        return "here"

    def load(self) -> None:
        self._by_name()
        vars(type(self))["_by_text"](self)
        for kind in ("_by_table", "_by_text"):
            getattr(self, kind)()
        (lambda: self._by_lambda())()
        self.wrapped()

    @functools.lru_cache  # noqa: B019
    def wrapped(self) -> int:
        return self._by_wrapped()


def by_module(llm: Helpers) -> int:
    return llm._by_module()


class Old(AsyncLLM):
    """A model of the user, with an override of 1.5.3 and a method of its own."""

    @property
    def model_name(self) -> str:
        return "old"

    async def agenerate(self, input: Any, num_generations: int = 1, **kwargs: Any) -> Any:
        return {}

    async def _agenerate(self, inputs: Any) -> Any:
        return []

    def _for_the_terminal(self) -> None: ...


class OwnStep(Step):
    """A step with a method that another program calls."""

    def _for_the_terminal(self) -> None: ...

    def process(self, inputs: StepInput) -> StepOutput:
        yield inputs


class OldTask(TextGeneration):
    """A task that overrides a private method of 1.5.3."""

    def _format_outputs(self, outputs: Any, inputs: Any) -> Any:
        return []


def _said(caplog: pytest.LogCaptureFixture) -> list[str]:
    told = [record.getMessage() for record in caplog.records]
    return [text.partition(" is never called")[0] for text in told if " is never called" in text]


def test_each_override_that_is_never_called_is_named_once(
    caplog: pytest.LogCaptureFixture,
) -> None:
    for _ in range(2):
        Overrides(model="m", api_key="k")
    assert _said(caplog) == [
        "Overrides._generate_chat_completion",
        "Overrides._get_llm_statistics",
    ]
    assert "Override `agenerate` instead" in caplog.text


def test_inherited_ones_are_named_too(caplog: pytest.LogCaptureFixture) -> None:
    Below(model="m", api_key="k")
    assert len(_said(caplog)) == 2


def test_methods_that_are_called_are_not_named(caplog: pytest.LogCaptureFixture) -> None:
    Helpers(model="m", api_key="k")
    assert _said(caplog) == []


def test_below_an_abstract_class_only_names_of_earlier_versions_count(
    caplog: pytest.LogCaptureFixture,
) -> None:
    OwnStep()
    assert _said(caplog) == []
    Old()
    assert _said(caplog) == ["Old._agenerate"]


def test_tasks_are_checked_as_well(caplog: pytest.LogCaptureFixture) -> None:
    OldTask(llm=AnthropicLLM(model="m", api_key="k"))
    assert _said(caplog) == ["OldTask._format_outputs"]
    assert "Override `format_output` instead" in caplog.text


def test_built_in_classes_have_none(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.WARNING)
    OpenAILLM(model="m", api_key="k")
    assert _said(caplog) == []

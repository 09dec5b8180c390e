"""Values passed to `run` reach the field they name, at any depth; a typo gets a suggestion."""

from __future__ import annotations

import logging
from typing import Any, Dict, List, Optional

import pytest
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from distilabel.mixins.runtime_parameters import RuntimeParameter, RuntimeParametersMixin
from rooms import Ask, Echo


class Part(RuntimeParametersMixin, BaseModel):
    model_config = ConfigDict(validate_assignment=True)

    size: RuntimeParameter[int] = Field(default=1, description="How large.")


class Whole(RuntimeParametersMixin, BaseModel):
    model_config = ConfigDict(validate_assignment=True)

    must: RuntimeParameter[str] = None
    may: RuntimeParameter[int] = 3
    maybe: Optional[RuntimeParameter[int]] = None
    fixed: str = "f"
    part: Part = Part()
    parts: List[Part] = Field(default_factory=lambda: [Part(), Part()])
    words: RuntimeParameter[Dict[str, Any]] = Field(default_factory=dict)


def test_names_tell_which_parameters_are_optional() -> None:
    names = Whole().runtime_parameters_names
    assert names["must"] is False
    assert names["may"] is True
    assert names["maybe"] is True
    assert "fixed" not in names
    assert names["part"] == {"size": True}
    assert names["parts"] == {"0": {"size": True}, "1": {"size": True}}


def test_values_reach_nested_components() -> None:
    whole = Whole()
    whole.set_runtime_parameters(
        {"must": "m", "part": {"size": 5}, "parts": {"1": {"size": 7}}, "words": {"a": 1}}
    )
    assert (whole.must, whole.part.size, [p.size for p in whole.parts]) == ("m", 5, [1, 7])
    assert whole.words == {"a": 1}


def test_a_value_of_the_wrong_type_is_rejected() -> None:
    with pytest.raises(ValidationError):
        Whole().set_runtime_parameters({"part": {"size": "large"}})


def test_unknown_names_are_reported_with_similar_ones(caplog: pytest.LogCaptureFixture) -> None:
    whole = Whole()
    faults = whole.unknown_runtime_parameters(
        {"mist": "m", "fixed": 1, "part": {"sise": 2}, "parts": {"0": {"zzz": 1}}}
    )
    assert [fault.split(":")[0] for fault in faults] == [
        "mist",
        "fixed",
        "part.sise",
        "parts.0.zzz",
    ]
    assert "'must'" in faults[0]
    assert "did you mean 'size'?" in faults[2]
    assert "known: 'size'" in faults[3]
    with caplog.at_level(logging.WARNING):
        whole.set_runtime_parameters({"mist": "m"})
    assert "'mist'" in caplog.text
    assert "'must'" in caplog.text


def test_descriptions_of_parameters() -> None:
    info = {entry["name"]: entry for entry in Whole().get_runtime_parameters_info()}
    assert info["must"] == {"name": "must", "optional": False}
    assert info["part"]["runtime_parameters_info"] == [
        {"name": "size", "optional": True, "description": "How large."}
    ]
    assert set(info["parts"]["runtime_parameters_info"]) == {"0", "1"}


def test_generation_arguments_of_a_model_are_known() -> None:
    task = Ask(name="ask", llm=Echo())
    assert task.unknown_runtime_parameters({"llm": {"generation_kwargs": {"temperature": 1}}}) == []
    (fault,) = task.unknown_runtime_parameters({"llm": {"generation_kwargs": {"temprature": 1}}})
    assert "llm.generation_kwargs.temprature" in fault
    assert "did you mean 'temperature'?" in fault

"""Values passed to `run` reach the field they name, at any depth; a typo gets a suggestion."""

from __future__ import annotations

import logging
from pathlib import Path
from typing import Any, Dict, List, Optional

import pytest
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from distilabel.mixins.runtime_parameters import RuntimeParameter, RuntimeParametersMixin
from distilabel.pipeline import Pipeline
from rooms import Ask, Echo, Numbers


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


def test_the_mixin_alone_is_a_base_class_of_parts() -> None:
    class Retriever(RuntimeParametersMixin):
        top_k: RuntimeParameter[int] = Field(default=None, description="How many.")
        index: Optional[RuntimeParameter[str]] = Field(default=None, description="Where.")

    retriever = Retriever(top_k=2)
    assert (retriever.top_k, retriever.index) == (2, None)
    assert Retriever().runtime_parameters_names == {"top_k": False, "index": True}
    assert retriever.get_runtime_parameters_info()[0]["description"] == "How many."
    with pytest.raises(ValidationError, match="topk"):
        Retriever(topk=2)  # type: ignore[call-arg]
    with pytest.raises(ValidationError):
        retriever.set_runtime_parameters({"top_k": "many"})


def test_parameters_without_a_value_are_found_at_any_depth() -> None:
    class Inner(Part):
        key: RuntimeParameter[str] = None

    class Outer(Whole):
        inner: Inner = Inner()
        inners: List[Inner] = Field(default_factory=lambda: [Inner(), Inner(key="k")])

    outer = Outer()
    assert outer.missing_runtime_parameters() == ["must", "inner.key", "inners.0.key"]
    outer.set_runtime_parameters(
        {"must": "m", "inner": {"key": "k"}, "inners": {"0": {"key": "k"}}}
    )
    assert outer.missing_runtime_parameters() == []


class Demanding(Echo):
    """Its method has a required argument, and calls the question by another name."""

    region: RuntimeParameter[str] = None

    async def agenerate(  # type: ignore[override]
        self, prompt: Any, num_generations: int = 1, *, topic: str, tone: str = "dry"
    ) -> Any:
        return await super().agenerate(prompt, num_generations)


def test_arguments_of_a_model_without_a_value_are_found() -> None:
    llm = Demanding()
    assert llm.missing_runtime_parameters("llm.") == ["llm.region", "llm.generation_kwargs.topic"]
    assert (
        Demanding(region="eu", generation_kwargs={"topic": "x"}).missing_runtime_parameters() == []
    )


def test_nothing_is_asked_before_a_model_has_its_parameters(tmp_path: Path) -> None:
    llm = Demanding()
    with Pipeline(name="p", cache_dir=tmp_path) as pipeline:
        Numbers(count=1) >> Ask(name="ask", llm=llm)
    with pytest.raises(ValueError, match=r"llm\.region, llm\.generation_kwargs\.topic") as caught:
        pipeline.run()
    assert "{'llm': {'region': '...', 'generation_kwargs': {'topic': '...'}}}" in str(caught.value)
    assert llm.asked == []
    given = {"region": "eu", "generation_kwargs": {"topic": "cats"}}
    assert len(pipeline.run(parameters={"ask": {"llm": given}})["default"]["train"]) == 1


def test_kwargs_of_a_model_are_generation_arguments() -> None:
    class Open(Echo):
        async def agenerate(self, input: Any, num_generations: int = 1, **kwargs: Any) -> Any:  # type: ignore[override]
            return await super().agenerate(input, num_generations)

    llm = Open(generation_kwargs={"a": 1})
    assert llm.unknown_runtime_parameters({"kwargs": {"b": 2}}) == []
    llm.set_runtime_parameters({"kwargs": {"b": 2}})
    assert llm.generation_kwargs == {"a": 1, "b": 2}
    assert "kwargs" in Echo().unknown_runtime_parameters({"kwargs": {"b": 2}})[0]

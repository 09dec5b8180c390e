"""A model is loaded once for all steps that use it, and unloaded once, after the last of them."""

from __future__ import annotations

import gc
import threading
import weakref
from pathlib import Path
from typing import Any

import pytest
from pydantic import Field

from distilabel.models import OpenAILLM
from distilabel.models.client.lifecycle import load_for, structured_copy, unload_for
from distilabel.models.llms.base import LLM, AsyncLLM
from distilabel.pipeline import Pipeline
from distilabel.steps import GlobalStep, StepInput
from distilabel.steps.tasks import UltraFeedback
from rooms import Ask, Numbers


class Heavy(LLM):
    """Counts how often it is loaded."""

    events: list[str] = Field(default_factory=list, exclude=True)
    broken: bool = Field(default=False, exclude=True)

    @property
    def model_name(self) -> str:
        return "heavy"

    def load(self) -> None:
        super().load()
        self.events.append("load")
        if self.broken:
            raise ValueError("no memory")

    def unload(self) -> None:
        self.events.append("unload")
        super().unload()

    def generate(self, inputs: Any, num_generations: int = 1, **kwargs: Any) -> Any:
        return [{"generations": ["x"], "statistics": {}} for _ in inputs]


class Light(Heavy, AsyncLLM):
    """The same, asked one question at a time."""

    async def agenerate(self, input: Any, num_generations: int = 1) -> Any:  # type: ignore[override]
        return {"generations": ["x"], "statistics": {}}


class Passing(GlobalStep):
    """Ends a stage."""

    def process(self, inputs: StepInput) -> Any:
        yield inputs


@pytest.mark.parametrize("cls", [Heavy, Light])
def test_two_tasks_share_a_model(cls: type[Heavy], tmp_path: Path) -> None:
    model = cls()
    with Pipeline(name="p", cache_dir=tmp_path) as pipeline:
        Numbers(count=2) >> [Ask(name="a", llm=model), Ask(name="b", llm=model)]
    pipeline.run()
    assert model.events == ["load", "unload"]
    pipeline.run()
    assert model.events == ["load", "unload"] * 2


@pytest.mark.parametrize("groups", [None, "sequential_step_execution", [["a"], ["b"]]])
def test_a_model_that_the_next_stage_uses_stays_loaded(groups: Any, tmp_path: Path) -> None:
    model = Heavy()
    with Pipeline(name="p", cache_dir=tmp_path) as pipeline:
        first, second = Ask(name="a", llm=model), Ask(name="b", llm=model)
        Numbers(count=2) >> first >> second
    pipeline.run(load_groups=groups)
    assert model.events == ["load", "unload"]


def test_a_stage_that_does_not_use_the_model_has_the_memory(tmp_path: Path) -> None:
    model = Heavy()
    with Pipeline(name="p", cache_dir=tmp_path) as pipeline:
        (
            Numbers(count=2)
            >> Ask(name="a", llm=model)
            >> Passing(name="g")
            >> Ask(name="b", llm=model)
        )
    pipeline.run(load_groups="sequential_step_execution")
    assert model.events == ["load", "unload"] * 2


def test_a_load_that_fails_unloads_what_was_loaded_once(tmp_path: Path) -> None:
    class Failing(Ask):
        def load(self) -> None:
            super().load()
            raise ValueError("not today")

    model, other = Heavy(), Heavy()
    with Pipeline(name="p", cache_dir=tmp_path) as pipeline:
        Numbers(count=2) >> [Ask(name="a", llm=model), Failing(name="b", llm=model)]
        Numbers(count=2) >> Failing(name="c", llm=other)
    with pytest.raises(RuntimeError, match="not today"):
        pipeline.run()
    assert model.events == ["load", "unload"]
    assert other.events == []


def test_the_model_of_a_step_whose_code_fails_is_unloaded(tmp_path: Path) -> None:
    class Failing(Ask):
        def load(self) -> None:
            super().load()
            raise ValueError("not today")

    model = Heavy()
    with Pipeline(name="p", cache_dir=tmp_path) as pipeline:
        Numbers(count=2) >> Failing(name="a", llm=model)
    with pytest.raises(RuntimeError, match="not today"):
        pipeline.run()
    assert model.events == ["load", "unload"]


def test_a_model_that_could_not_be_loaded_is_not_unloaded(tmp_path: Path) -> None:
    model = Heavy(broken=True)
    with Pipeline(name="p", cache_dir=tmp_path) as pipeline:
        Numbers(count=2) >> [Ask(name="a", llm=model), Ask(name="b", llm=model)]
    with pytest.raises(RuntimeError, match="no memory"):
        pipeline.run()
    assert model.events == ["load"]


def test_two_pipelines_in_threads_share_a_model(tmp_path: Path) -> None:
    model = Heavy()
    both = threading.Barrier(2)

    class Meeting(Ask):
        def load(self) -> None:
            both.wait(30)
            super().load()
            both.wait(30)

    def run(name: str) -> None:
        with Pipeline(name=name, cache_dir=tmp_path / name) as pipeline:
            Numbers(count=2) >> Meeting(llm=model)
        pipeline.run()

    threads = [threading.Thread(target=run, args=(name,)) for name in ("a", "b")]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert model.events == ["load", "unload"]


def test_a_step_that_is_gone_holds_no_model() -> None:
    model = Heavy()
    gone, task = Ask(name="gone", llm=model), Ask(name="a", llm=model)
    gone.load()
    del gone
    gc.collect()
    task.load()
    task.unload()
    assert model.events == ["load", "load", "unload"]


def test_load_leaves_the_model_of_a_task_alone(tmp_path: Path) -> None:
    model = OpenAILLM(model="m", api_key="k")
    with Pipeline(name="p", cache_dir=tmp_path) as pipeline:
        Numbers(count=1) >> (task := UltraFeedback(llm=model, use_default_structured_output=True))
    before = pipeline.aggregated_steps_signature, pipeline.dump()
    task.load()
    assert task.llm is model
    assert model.structured_output is None
    asked = task._asked(model)
    assert isinstance(asked, OpenAILLM)
    assert asked.structured_output is not None
    assert (pipeline.aggregated_steps_signature, pipeline.dump()) == before
    task.unload()
    assert task._asked(model) is model


def test_tasks_with_the_same_structure_ask_one_copy() -> None:
    model = OpenAILLM(model="m", api_key="k")
    copy = structured_copy(model, {"format": "json", "schema": {"type": "object"}})
    assert structured_copy(model, {"format": "json", "schema": {"type": "object"}}) is copy
    assert structured_copy(model, {"format": "json", "schema": {"type": "array"}}) is not copy
    gone = weakref.ref(copy)
    del copy
    gc.collect()
    assert gone() is None


def test_a_step_that_is_loaded_again_loads_its_model_again_unless_others_use_it() -> None:
    """`load` of a model reads its fields, which may have changed."""
    model = Heavy()
    one, other = Ask(llm=model), Ask(llm=model)
    load_for(one, model)
    load_for(one, model)
    assert model.events == ["load", "load"]
    load_for(other, model)
    load_for(one, model)
    assert model.events == ["load", "load"]
    unload_for(one, model)
    unload_for(other, model)
    assert model.events == ["load", "load", "unload"]

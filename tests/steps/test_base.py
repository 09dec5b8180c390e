"""The contract of steps, as users subclass them and call them outside a pipeline."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from pydantic import BaseModel, ValidationError, model_validator

from distilabel.errors import DistilabelTypeError, DistilabelUserError
from distilabel.models.llms.base import LLM
from distilabel.pipeline import Pipeline
from distilabel.steps.base import GeneratorStep, Step, StepInput, StepResources
from rooms import Ask, Echo, Fn, FnGlobal, Join, Numbers


class Upper(Step):
    @property
    def inputs(self) -> list[str]:
        return ["word"]

    @property
    def outputs(self) -> dict[str, bool]:
        return {"loud": True, "maybe": False}

    def process(self, inputs: StepInput) -> Any:
        for row in inputs:
            row["loud"] = row["word"].upper()
        yield inputs


class Text(Step):
    def process(self, inputs: "StepInput") -> Any:  # noqa: UP037
        yield inputs


class Two(Step):
    def process(self, one: StepInput, two: StepInput) -> Any:
        yield one


def test_standalone() -> None:
    step = Upper()
    step.load()
    assert next(step.process([{"word": "a"}])) == [{"word": "a", "loud": "A"}]
    assert step._logger.name == "distilabel.step.upper_0"


@pytest.mark.parametrize("arguments", [{"unknown": 1}, {"input_batch_size": 0}, {"name": "a b"}])
def test_invalid_arguments_are_rejected(arguments: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        Upper(**arguments)
    if "name" not in arguments and "unknown" not in arguments:
        step = Upper()
        with pytest.raises(ValidationError):
            step.input_batch_size = 0


def test_the_models_of_a_step_are_found_in_all_its_fields() -> None:
    class Panel(Step):
        models: list[LLM]
        judge: LLM
        llm: LLM | None = None

        def process(self, inputs: StepInput) -> Any:
            yield inputs

    one, two, judge = Echo(), Echo(), Echo()
    panel = Panel(models=[one, two, judge], judge=judge)
    found = [id(model) for model in panel._all_models()]
    assert found.count(id(judge)) == 1
    assert sorted(found) == sorted(map(id, (one, two, judge)))
    panel.llm = Echo()
    assert panel._all_models()[0] is panel.llm
    assert [model.model_name for model in Ask(llm=Echo())._all_models()] == ["echo"]
    assert Fn()._all_models() == []


def test_the_three_kinds() -> None:
    kinds = [(s.is_generator, s.is_global, s.is_normal) for s in (Numbers(), FnGlobal(), Upper())]
    assert kinds == [(True, False, False), (False, True, False), (False, False, True)]


def test_the_parameter_for_rows_is_found_by_its_annotation() -> None:
    for step in (Upper(), Text()):
        parameter = step.get_process_step_input()
        assert parameter is not None
        assert parameter.name == "inputs"
        assert not step.has_multiple_inputs()
    assert Join().has_multiple_inputs()
    assert Numbers().get_process_step_input() is None
    with pytest.raises(DistilabelTypeError, match="2 parameters"):
        Two().get_process_step_input()


def test_columns_after_mappings() -> None:
    step = Upper(input_mappings={"word": "text"}, output_mappings={"loud": "noise"})
    assert step.get_inputs() == {"text": True}
    assert step.get_outputs() == {"noise": True, "maybe": False}
    with pytest.raises(DistilabelUserError, match="did you mean 'word'"):
        Upper(input_mappings={"wort": "text"}).verify_inputs_mappings()
    with pytest.raises(DistilabelUserError, match="'loud'"):
        Upper(output_mappings={"lud": "text"}).verify_outputs_mappings()


def test_rows_in_which_all_outputs_are_none() -> None:
    rows = [{"word": "a", "loud": "A"}]
    step = Upper(output_mappings={"loud": "noise"})
    assert step.impute_step_outputs(rows) == [
        {"word": "a", "loud": "A", "noise": None, "maybe": None}
    ]
    assert rows == [{"word": "a", "loud": "A"}]


def test_mappings_are_applied_and_hidden_columns_come_back() -> None:
    step = Upper(input_mappings={"word": "text"}, output_mappings={"loud": "noise"})
    (rows,) = step.process_applying_mappings([{"text": "a", "word": "hidden", "x": 1}])
    assert rows == [{"text": "a", "x": 1, "noise": "A", "word": "hidden"}]


def test_more_rows_out_than_in_take_hidden_columns_in_turn() -> None:
    class Twice(Upper):
        def process(self, inputs: StepInput) -> Any:
            yield [{**row, "loud": i} for i in range(2) for row in inputs]

    step = Twice(input_mappings={"word": "text"})
    (rows,) = step.process_applying_mappings(
        [{"text": "a", "word": "h1"}, {"text": "b", "word": "h2"}]
    )
    assert [(row["text"], row["word"]) for row in rows] == [
        ("a", "h1"),
        ("b", "h2"),
        ("a", "h1"),
        ("b", "h2"),
    ]


def test_a_generator_applies_output_mappings() -> None:
    step = Numbers(count=1, output_mappings={"n": "number"})
    assert list(step.process_applying_mappings()) == [([{"number": 0, "text": "0"}], True)]


def test_each_step_has_its_own_resources() -> None:
    shared = StepResources(replicas=2)
    one, two = Fn(resources=shared), Fn(resources=shared)
    one.resources.replicas = 5
    assert (two.resources.replicas, shared.replicas, Fn().resources.replicas) == (2, 2, 1)


def test_the_round_trip() -> None:
    step = Upper(name="u", input_mappings={"word": "w"}, input_batch_size=7, use_cache=False)
    again = Upper.from_dict(json.loads(json.dumps(step.dump())))
    assert again.dump() == step.dump()
    assert again.signature == step.signature
    assert GeneratorStep.from_dict(Numbers(count=3).dump()).dump()["count"] == 3


@pytest.mark.parametrize("missing", [Step, GeneratorStep])
def test_a_step_without_process_cannot_be_made(missing: Any) -> None:
    with pytest.raises(TypeError, match="abstract"):
        type("Empty", (missing,), {})()


class Refused(Fn):
    """Is refused after it has joined its pipeline."""

    how: str = "validator"

    @model_validator(mode="after")
    def _check(self) -> "Refused":  # noqa: UP037
        if self.how == "validator":
            raise ValueError("refused")
        return self

    def model_post_init(self, __context: Any) -> None:
        super().model_post_init(__context)
        if self.how == "post init":
            raise RuntimeError("refused")
        if self.how == "exit":
            raise KeyboardInterrupt


@pytest.mark.parametrize(
    ("how", "error"),
    [("validator", ValueError), ("post init", RuntimeError), ("exit", KeyboardInterrupt)],
)
@pytest.mark.parametrize("by_name", [False, True])
def test_a_step_that_is_refused_is_not_in_its_pipeline(
    how: str, error: type[BaseException], by_name: bool
) -> None:
    name: Any = {"name": "x"} if by_name else {}
    with Pipeline(name="p") as pipeline:
        load = Numbers()
        with pytest.raises(error):
            Refused(how=how, **name)
        load >> Refused(how="not", **name)
    assert pipeline.dag.nodes == ["numbers_0", "x" if by_name else "refused_0"]
    assert list(pipeline._steps) == pipeline.dag.nodes
    with pytest.raises(error):
        Refused(how=how, pipeline=pipeline)
    assert len(pipeline.dag) == 2


def test_a_name_that_is_taken_leaves_the_first_step_alone() -> None:
    with Pipeline(name="p") as pipeline:
        load, first = Numbers(name="load"), Fn(name="x")
        load >> first
        with pytest.raises(ValueError, match="taken"):
            Fn(name="x")
    assert pipeline._steps["x"] is first
    assert pipeline.dag.edges == [("load", "x")]


def test_a_step_outside_of_a_pipeline_says_so_once(caplog: pytest.LogCaptureFixture) -> None:
    lonely = Fn(name="lonely")
    lonely.load()
    [said] = [r for r in caplog.records if "lonely" in r.getMessage()]
    assert said.levelname == "WARNING"
    assert "belongs to no pipeline" in said.getMessage()
    caplog.clear()
    with Pipeline(name="p") as pipeline:
        Fn(name="inside")
    Fn(name="given", pipeline=pipeline)
    assert caplog.records == []


def test_a_dataset_for_a_run_is_no_step_outside(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    with Pipeline(name="p", cache_dir=tmp_path) as pipeline:
        Fn()
    pipeline.run(dataset=[{"n": 1}])
    assert "belongs to no pipeline" not in caplog.text


def test_what_is_not_a_step_cannot_be_connected() -> None:
    with Pipeline(name="p") as pipeline:
        load = Numbers(name="load")
        for other in ("text", None, Fn, Echo()):
            with pytest.raises(DistilabelUserError, match="load cannot be connected to a"):
                load >> other
    assert pipeline.dag.edges == []


def test_annotations_may_name_what_is_local_to_the_caller() -> None:
    class Inner(BaseModel):
        k: int = 1

    class Own(Fn):
        inner: "Later | None" = None  # type: ignore[valid-type]  # noqa: UP037

    Later = Inner
    assert Own(name="x", inner=Later()).inner == Later()


def test_a_resource_that_is_misspelled_or_impossible_is_refused() -> None:
    for wrong in ({"gpu": 1}, {"replicas": 0}, {"memory": -1}):
        with pytest.raises(ValueError, match=next(iter(wrong))):
            StepResources(**wrong)
    resources = StepResources()
    with pytest.raises(ValueError, match="replicas"):
        resources.replicas = 0

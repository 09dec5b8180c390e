"""`@step`: a function becomes a step that behaves like a hand-written one."""

from __future__ import annotations

import inspect
import pickle
from typing import TYPE_CHECKING, Any, Optional

import pytest

from distilabel.mixins.runtime_parameters import RuntimeParameter
from distilabel.steps.base import GeneratorStep, GlobalStep, Step, StepInput
from distilabel.steps.decorator import step

if TYPE_CHECKING:
    from decimal import Decimal

    from distilabel.typing import GeneratorStepOutput, StepOutput


@step(inputs=["a"], outputs={"b": True, "c": False})
def Scale(inputs: StepInput, factor: RuntimeParameter[int] = 2) -> StepOutput:
    """Multiplies.

    Args:
        inputs: the rows.
        factor: what to multiply with.
    """
    for row in inputs:
        row["b"] = row["a"] * factor
    yield inputs


@step()
def Join(*inputs: StepInput) -> StepOutput:
    yield [{"sizes": [len(rows) for rows in inputs]}]


@step(outputs=["a"], step_type="generator")
def Count(offset: int = 0, upto: Optional[RuntimeParameter[int]] = 3) -> GeneratorStepOutput:
    assert upto is not None
    yield [{"a": i} for i in range(offset, upto)], True


@step(step_type="global")
def Everything(rows: StepInput, exact: RuntimeParameter[Decimal]) -> StepOutput:
    yield [{"exact": exact}]


def test_columns_are_those_passed() -> None:
    made = Scale(name="s")
    assert (made.inputs, made.outputs) == (["a"], {"b": True, "c": False})
    assert (Join().inputs, Join().outputs) == ([], [])


def test_the_class_can_be_found_where_the_function_was() -> None:
    assert (Scale.__name__, Scale.__module__, str(Scale.__doc__).partition(".")[0]) == (
        "Scale",
        __name__,
        "Multiplies",
    )
    made = pickle.loads(pickle.dumps(Scale(name="s", factor=7)))
    assert next(made.process([{"a": 1}])) == [{"a": 1, "b": 7}]


def test_the_source_of_the_function_stays_in_reach() -> None:
    assert 'row["b"] = row["a"] * factor' in inspect.getsource(Scale.__wrapped_function__)
    assert next(Scale.__wrapped_function__([{"a": 1}])) == [{"a": 1, "b": 2}]


def test_runtime_parameters_replace_the_defaults_of_the_function() -> None:
    made = Scale(name="s")
    assert next(made.process([{"a": 2}])) == [{"a": 2, "b": 4}]
    made.set_runtime_parameters({"factor": 5})
    assert next(made.process([{"a": 2}])) == [{"a": 2, "b": 10}]
    assert next(Scale(factor=3).process([{"a": 2}])) == [{"a": 2, "b": 6}]


def test_runtime_parameters_are_described_and_validated() -> None:
    made = Scale(name="s")
    assert made.runtime_parameters_names["factor"] is True
    assert {
        "name": "factor",
        "optional": True,
        "description": "what to multiply with.",
    } in made.get_runtime_parameters_info()
    with pytest.raises(ValueError, match="factor"):
        made.set_runtime_parameters({"factor": "many"})


def test_a_mandatory_runtime_parameter_with_a_name_known_to_type_checkers_only() -> None:
    made = Everything()
    assert made.runtime_parameters_names["exact"] is False
    assert made.exact is None
    made.set_runtime_parameters({"exact": 1})
    assert next(made.process([])) == [{"exact": 1}]


def test_kinds() -> None:
    assert Scale.__mro__[1] is Step
    assert issubclass(Everything, GlobalStep)
    assert issubclass(Count, GeneratorStep)


def test_several_predecessors() -> None:
    assert Join().has_multiple_inputs()
    assert not Scale().has_multiple_inputs()
    assert next(Join().process([{}], [{}, {}])) == [{"sizes": [1, 2]}]


def test_a_generator_continues_at_the_offset() -> None:
    assert list(Count().process(offset=1)) == [([{"a": 1}, {"a": 2}], True)]
    assert list(Count(upto=1).process()) == [([{"a": 0}], True)]


def test_mappings_apply() -> None:
    made = Scale(input_mappings={"a": "x"}, output_mappings={"b": "y"})
    assert list(made.process_applying_mappings([{"x": 2}])) == [[{"x": 2, "y": 4}]]


def test_a_step_is_rebuilt_from_its_dump() -> None:
    dump = Scale(name="s", factor=4).dump()
    again = Scale.from_dict(dump)
    assert again.dump() == dump
    assert next(again.process([{"a": 1}])) == [{"a": 1, "b": 4}]


def test_types_that_only_the_enclosing_function_knows() -> None:
    Number = RuntimeParameter[int]

    @step()
    def Local(inputs: StepInput, n: Number = 1) -> StepOutput:
        assert Number is not None
        yield [{"n": n}]

    assert next(Local(n=2).process([])) == [{"n": 2}]


def test_a_parameter_without_annotation_takes_the_rows() -> None:
    @step()
    def Plain(rows):  # type: ignore[no-untyped-def]
        yield rows

    assert next(Plain().process([{"a": 1}])) == [{"a": 1}]


def test_unknown_step_types_are_rejected() -> None:
    with pytest.raises(ValueError, match="normal, global, generator"):
        step(step_type="other")  # type: ignore[arg-type]


def two_inputs(x: StepInput, y: StepInput) -> StepOutput:
    yield x


def no_inputs(n: RuntimeParameter[int] = 1) -> StepOutput:
    yield []


def taken_name(inputs: StepInput, name: RuntimeParameter[str] = "x") -> StepOutput:
    yield inputs


@pytest.mark.parametrize(
    ("func", "said"),
    [
        (two_inputs, r"2 parameters are annotated StepInput"),
        (no_inputs, r"Add `inputs: StepInput`"),
        (taken_name, r"Rename the parameter"),
    ],
)
def test_functions_that_cannot_be_steps(func: Any, said: str) -> None:
    with pytest.raises(ValueError, match=said):
        step()(func)


def test_a_generator_without_offset_is_rejected() -> None:
    def forgetful() -> GeneratorStepOutput:
        yield [], True

    with pytest.raises(ValueError, match="offset: int = 0"):
        step(step_type="generator")(forgetful)


def test_a_function_that_returns_none_is_an_error() -> None:
    @step()
    def Forgets(inputs: StepInput) -> Any:
        inputs.clear()

    @step(step_type="generator")
    def Makes(offset: int = 0) -> Any:
        pass

    for made in (Forgets().process([{"a": 1}]), Makes().process()):
        with pytest.raises(TypeError, match=r"the function returned None. Yield lists of rows"):
            next(made)

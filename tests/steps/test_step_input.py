"""The parameter that receives the rows is recognized in every form of its annotation."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

import pytest

from distilabel.steps import step_input
from distilabel.steps.step_input import StepInput, annotated_parameters, is_step_input

if TYPE_CHECKING:
    from collections.abc import Mapping as Hidden


class Resolved:
    def process(self, first: StepInput, second: list[int], third: Any = None) -> None: ...


class ByModule:
    def process(self, rows: step_input.StepInput) -> None: ...


class Unresolvable:
    """An annotation that does not exist at run time must not hide the others."""

    def process(self, rows: StepInput, options: Hidden[str, int]) -> None: ...


class UnresolvableByModule:
    def process(self, *inputs: step_input.StepInput, other: Hidden[str, int]) -> None: ...


@pytest.mark.parametrize(
    ("owner", "marked"),
    [
        (Resolved, ["first"]),
        (ByModule, ["rows"]),
        (Unresolvable, ["rows"]),
        (UnresolvableByModule, ["inputs"]),
    ],
)
def test_which_parameters_receive_rows(owner: type[Any], marked: list[str]) -> None:
    parameters = annotated_parameters(owner().process)
    assert [p.name for p in parameters if is_step_input(p.annotation)] == marked
    assert "self" not in [p.name for p in parameters]


def test_kinds_and_defaults_stay() -> None:
    parameters = {p.name: p for p in annotated_parameters(Resolved().process)}
    assert parameters["second"].annotation == list[int]
    assert parameters["third"].default is None
    assert parameters["first"].default is parameters["first"].empty


def test_other_annotations_are_not_step_inputs() -> None:
    assert not is_step_input(list[dict[str, Any]])
    assert not is_step_input(Annotated[list[dict[str, Any]], "something else"])
    assert not is_step_input("StepInput")

"""Protects the helpers that turn JSON schemas into pydantic classes."""

from __future__ import annotations

from typing import Any, Literal, Optional

import pytest
from pydantic import BaseModel, Field, ValidationError

from distilabel.errors import DistilabelNotImplementedError, DistilabelUserError
from distilabel.steps.tasks.structured_outputs.instructor import prepare_instructor
from distilabel.steps.tasks.structured_outputs.outlines import (
    model_to_schema,
    prepare_guided_output,
)
from distilabel.steps.tasks.structured_outputs.utils import (
    json_schema_to_model,
    resolve_refs,
    schema_as_dict,
)


class Wheel(BaseModel):
    size: int = Field(ge=1, le=9)


class Car(BaseModel):
    name: str = Field(max_length=5)
    kind: Literal["van", "bus"]
    wheels: list[Wheel]
    owner: Optional[str] = None
    extras: dict[str, float]
    mixed: int | str


GOOD = {
    "name": "x",
    "kind": "van",
    "wheels": [{"size": 1}],
    "owner": None,
    "extras": {"a": 0.5},
    "mixed": "y",
}


def test_a_class_survives_the_way_through_its_schema() -> None:
    model = json_schema_to_model(schema_as_dict(model_to_schema(Car)))
    assert model.__name__ == "Car"
    assert model.model_validate(GOOD).model_dump() == GOOD
    assert model.model_validate({k: v for k, v in GOOD.items() if k != "owner"}).owner is None  # type: ignore[attr-defined]


@pytest.mark.parametrize(
    "wrong",
    [
        {"name": "too long"},
        {"kind": "bike"},
        {"wheels": [{"size": 10}]},
        {"wheels": ["x"]},
        {"extras": {"a": "x"}},
        {"mixed": None},
    ],
)
def test_constraints_of_the_schema_hold(wrong: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        json_schema_to_model(Car.model_json_schema()).model_validate({**GOOD, **wrong})


def test_definitions_that_are_missing_or_refer_to_themselves_are_errors() -> None:
    loop = {"$defs": {"A": {"items": {"$ref": "#/$defs/A"}}}, "$ref": "#/$defs/A"}
    with pytest.raises(DistilabelUserError, match="refers to itself"):
        resolve_refs(loop)
    with pytest.raises(DistilabelUserError, match="missing"):
        resolve_refs({"$ref": "#/$defs/B"})
    with pytest.raises(DistilabelUserError, match="properties"):
        json_schema_to_model({"type": "array"})


def test_what_needs_other_packages_says_what_to_use() -> None:
    with pytest.raises(DistilabelNotImplementedError, match="structured_output"):
        prepare_guided_output({}, "vllm", None)
    with pytest.raises(DistilabelNotImplementedError, match="structured_output"):
        prepare_instructor(None)

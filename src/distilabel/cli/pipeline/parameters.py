"""Texts of the command line as values: what a parameter cannot take as text is read as JSON."""

from __future__ import annotations

import inspect
import typing
from types import UnionType
from typing import TYPE_CHECKING, Annotated, Any, Dict, Union

import orjson
from pydantic import ConfigDict, TypeAdapter, ValidationError
from pydantic.errors import PydanticUserError

if TYPE_CHECKING:
    from distilabel.mixins.runtime_parameters import RuntimeParametersMixin
    from distilabel.pipeline.base import BasePipeline


def typed(pipeline: BasePipeline, values: Dict[str, Dict[str, Any]]) -> Dict[str, Dict[str, Any]]:
    """Runtime parameters with values of the types that the parameters have.

    Args:
        pipeline: whose parameters they are; those it does not have stay as they are.
        values: texts, nested as `Pipeline.run` takes them.
    """
    steps = pipeline._steps
    return {n: _of(steps[n], given) if n in steps else given for n, given in values.items()}


def _of(component: RuntimeParametersMixin, values: Dict[str, Any]) -> Dict[str, Any]:
    nested = component._nested()
    fields = type(component).model_fields  # type: ignore[attr-defined]
    found = {}
    for name, value in values.items():
        inner = nested.get(name)
        if isinstance(value, dict) and isinstance(inner, dict):
            value = {i: _of(inner[i], v) if i in inner else v for i, v in value.items()}
        elif isinstance(value, dict) and inner is not None:
            value = _of(inner, value)
        elif isinstance(value, dict) and name == "generation_kwargs":
            kinds = _arguments(component)
            value = {key: _value(text, kinds.get(key, Any)) for key, text in value.items()}
        elif name in fields:
            value = _value(value, fields[name].annotation)
        found[name] = value
    return found


def _arguments(model: Any) -> Dict[str, Any]:
    """The types of the generation arguments of a model."""
    method = inspect.unwrap(model._generating_method)
    try:
        return typing.get_type_hints(method, include_extras=True)
    except (NameError, TypeError):  # annotations that exist for type checkers only
        return {}


def _value(text: Any, kind: Any) -> Any:
    if not isinstance(text, str):
        return text
    if not _says_nothing(kind):
        try:
            config = ConfigDict(arbitrary_types_allowed=True)
            value = TypeAdapter(kind, config=config).validate_python(text)
        except ValidationError:
            pass
        except PydanticUserError:  # a class with settings of its own
            return text
        else:
            # A key stays text until it is in its place.
            return value if isinstance(value, (bool, int, float)) else text
    try:
        return orjson.loads(text)
    except orjson.JSONDecodeError:
        return text


def _says_nothing(kind: Any) -> bool:
    """Whether a type takes anything: `Any`, or a union with it."""
    origin = typing.get_origin(kind)
    if origin in (Union, UnionType, Annotated):
        return any(map(_says_nothing, typing.get_args(kind)))
    return kind is Any

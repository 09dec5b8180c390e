"""Converts the text of `--param` options to the types of the parameters they set.

A value that the type of its parameter does not accept as text is parsed as JSON.
"""

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


def convert_parameters(
    pipeline: BasePipeline, values: Dict[str, Dict[str, Any]]
) -> Dict[str, Dict[str, Any]]:
    """Converts runtime parameters from text to the types of the parameters.

    Args:
        pipeline: Pipeline that has the parameters; unknown ones stay as they are.
        values: Texts, nested as `Pipeline.run` takes them.
    """
    steps = pipeline._steps
    return {n: _convert(steps[n], given) if n in steps else given for n, given in values.items()}


def _convert(component: RuntimeParametersMixin, values: Dict[str, Any]) -> Dict[str, Any]:
    nested = component._nested()
    fields = type(component).model_fields
    converted = {}
    for name, value in values.items():
        inner = nested.get(name)
        if isinstance(value, dict) and isinstance(inner, dict):
            value = {i: _convert(inner[i], v) if i in inner else v for i, v in value.items()}
        elif isinstance(value, dict) and inner is not None:
            value = _convert(inner, value)
        elif isinstance(value, dict) and name == "generation_kwargs":
            types = _argument_types(component)
            value = {key: _convert_text(text, types.get(key, Any)) for key, text in value.items()}
        elif name in fields:
            value = _convert_text(value, fields[name].annotation)
        converted[name] = value
    return converted


def _argument_types(model: Any) -> Dict[str, Any]:
    """Returns the types of the generation arguments of a model."""
    method = inspect.unwrap(model._generating_method)
    try:
        return typing.get_type_hints(method, include_extras=True)
    except (NameError, TypeError):  # annotations that exist for type checkers only
        return {}


def _convert_text(text: Any, kind: Any) -> Any:
    if not isinstance(text, str):
        return text
    if not _accepts_anything(kind):
        try:
            config = ConfigDict(arbitrary_types_allowed=True)
            value = TypeAdapter(kind, config=config).validate_python(text)
        except ValidationError:
            pass
        except PydanticUserError:  # a class that has its own configuration
            return text
        else:
            # Other types, such as secrets, are converted when the parameter is set.
            return value if isinstance(value, (bool, int, float)) else text
    try:
        return orjson.loads(text)
    except orjson.JSONDecodeError:
        return text


def _accepts_anything(kind: Any) -> bool:
    """Whether a type is `Any`, or a union with it."""
    origin = typing.get_origin(kind)
    if origin in (Union, UnionType, Annotated):
        return any(map(_accepts_anything, typing.get_args(kind)))
    return kind is Any

"""Checks generation arguments against the method that takes them, before the first request."""

from __future__ import annotations

import inspect
import typing
from contextlib import suppress
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

from pydantic import ConfigDict, PydanticUserError, TypeAdapter, ValidationError

from distilabel._core.redaction import redact
from distilabel.errors import DistilabelUserError

if TYPE_CHECKING:
    from distilabel.models.protocol import Model


def validated_arguments(llm: Model, arguments: dict[str, Any]) -> dict[str, Any]:
    """Returns generation arguments, converted to the types that the model's method declares.

    Args:
        llm: The model.
        arguments: Values by name.

    Raises:
        DistilabelUserError: Arguments are unknown or have the wrong type; all of them are named.
    """
    if not arguments:
        return {}
    faults = llm.unknown_generation_arguments(arguments)
    method = llm._generating_method
    function = getattr(method, "raw_function", method)
    hints = _types_of(function)
    parameters = inspect.signature(method).parameters
    checked = {}
    for name, value in arguments.items():
        checked[name] = value
        if name not in hints or name not in parameters:
            continue
        try:
            checked[name] = _adapter(hints[name]).validate_python(value)
        except ValidationError as error:
            faults.append(f"{name}={redact(name, value)!r}: {error.errors()[0]['msg']}")
    if faults:
        raise DistilabelUserError(
            f"{type(llm).__name__} ({llm.model_name}): invalid generation arguments:\n"
            + "\n".join(f"  - {fault}" for fault in faults)
        )
    return checked


def with_defaults(method: Any, arguments: dict[str, Any]) -> dict[str, Any]:
    """Returns the arguments of a method call, completed with the defaults of the method.

    Args:
        method: Method that takes them.
        arguments: Values by name.
    """
    parameters = inspect.signature(method).parameters.values()
    defaults = {p.name: p.default for p in parameters if p.default is not p.empty}
    return {**defaults, **arguments}


def _adapter(hint: Any) -> TypeAdapter[Any]:
    try:
        return TypeAdapter(hint, config=ConfigDict(arbitrary_types_allowed=True))
    except PydanticUserError:  # a pydantic model or a typed dict has its own configuration
        return TypeAdapter(hint)


def _types_of(function: Any) -> dict[str, Any]:
    """Returns the types of a function's parameters that can be resolved at run time."""
    hints: dict[str, Any] = {}
    for name, annotation in getattr(function, "__annotations__", {}).items():
        one = SimpleNamespace(__annotations__={name: annotation})
        with suppress(NameError, TypeError, AttributeError):
            hints |= typing.get_type_hints(
                one, getattr(function, "__globals__", {}), include_extras=True
            )
    return hints

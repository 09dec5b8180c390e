"""Digests of a step: its fields, its source code and its state. Runs no code of the step.

Two steps for which all of them are equal make the same rows from the same rows.
"""

from __future__ import annotations

import contextlib
import inspect
from collections import deque
from types import CodeType, FunctionType, MethodType
from typing import Any, Final

from pydantic import BaseModel, SecretStr

from distilabel._core.hashing import digest
from distilabel.steps.base import Step

# Fields that change how a step is run, not what it makes from a row.
_NOT_CONFIGURATION: Final = frozenset(
    {
        "exclude_from_signature",
        "input_batch_size",
        "load_timeout",
        "name",
        "on_error",
        "pipeline",
        "process_timeout",
        "resources",
        "use_cache",
        "_artifacts_path",
        "_logger",
    }
)


def configuration_of(step: Step) -> dict[str, Any]:
    """Returns the values of a step's fields, including those that are not dumped.

    Raises:
        TypeError: A field has no digest.
    """
    values: dict[str, Any] = {}
    for name, value in vars(step).items():
        if name not in _NOT_CONFIGURATION and name in type(step).model_fields:
            values[name] = _described(value)
    for name, value in (step.__pydantic_private__ or {}).items():
        if name in _NOT_CONFIGURATION:
            continue
        # What `load` creates (a model, an open file) follows from the fields.
        with contextlib.suppress(TypeError):
            values[name] = _described(value)
    return values


def field_digest(step: Step) -> str:
    """Returns the digest of the values of a step's fields.

    Raises:
        TypeError: A field has no digest.
    """
    return digest(configuration_of(step)).hex()


def _described(value: Any) -> Any:
    """Converts a value for a digest: functions to their source, models to their fields."""
    if isinstance(value, BaseModel):
        return {name: _described(getattr(value, name)) for name in type(value).model_fields}
    if isinstance(value, SecretStr):
        return None
    if isinstance(value, (FunctionType, MethodType)):
        function: Any = getattr(value, "__func__", value)
        return _source_of_function(function, set())
    if isinstance(value, dict):
        return {k: _described(v) for k, v in value.items()}
    if type(value) in (list, tuple):
        return type(value)(_described(v) for v in value)
    digest(value)
    return value


def state_of(step: Step) -> list[Any]:
    """Returns a snapshot of a step's attributes, to tell whether running it changes them."""
    values = {**vars(step), **(step.__pydantic_private__ or {})}
    return [
        (name, value if isinstance(value, (bool, int, float, str)) else id(value), _size(value))
        for name, value in values.items()
        if name not in _NOT_CONFIGURATION
    ]


def _size(value: Any) -> int:
    return len(value) if isinstance(value, (list, dict, set, bytearray, deque)) else 0


def source_of(cls: type) -> str:
    """Returns the source of a step's class and of what it uses from its own module.

    Includes the values of variables of an enclosing function: steps from one factory function have
    the same source.
    """
    seen: set[int] = set()
    return "\n".join(
        _source_of_class(base, seen) for base in cls.__mro__ if _is_users(base.__module__)
    )


def _is_users(module: str) -> bool:
    return module.partition(".")[0] not in ("distilabel", "pydantic", "builtins", "abc", "typing")


def _source_of_class(cls: type, seen: set[int]) -> str:
    if id(cls) in seen:
        return ""
    seen.add(id(cls))
    function = vars(cls).get("__wrapped_function__")
    function = getattr(function, "__func__", function)
    if function is not None:
        return _source_of_function(function, seen)
    members = [getattr(m, "fget", None) or getattr(m, "__func__", m) for m in vars(cls).values()]
    functions = [m for m in members if isinstance(m, FunctionType)]
    return "\n".join([_text(cls), *(_source_of_function(f, seen, own=False) for f in functions)])


def _source_of_function(function: FunctionType, seen: set[int], own: bool = True) -> str:
    """Returns the source of a function, with what it uses from its module and its closure."""
    if id(function) in seen:
        return ""
    seen.add(id(function))
    parts = [_text(function)] if own else []
    parts += [repr(function.__defaults__)] if function.__defaults__ else []
    for cell in function.__closure__ or ():
        with contextlib.suppress(ValueError):  # the cell is still empty
            parts.append(_source_of_value(cell.cell_contents, function, seen))
    for name in sorted(_names(function.__code__)):
        if name in function.__globals__:
            parts.append(f"{name}={_source_of_value(function.__globals__[name], function, seen)}")
    return "\n".join(parts)


def _names(code: CodeType) -> set[str]:
    inner = [c for c in code.co_consts if isinstance(c, CodeType)]
    return set(code.co_names).union(*map(_names, inner))


def _source_of_value(value: Any, user: FunctionType, seen: set[int]) -> str:
    mine = getattr(value, "__module__", None) == user.__module__
    if isinstance(value, FunctionType):
        return _source_of_function(value, seen) if mine else value.__qualname__
    if isinstance(value, type):
        return _source_of_class(value, seen) if mine else value.__qualname__
    try:
        return digest(value).hex()
    except TypeError:
        return type(value).__qualname__


def _text(what: Any) -> str:
    """Returns the source text; the byte code if there is no source file."""
    # There may be two lambdas in one line.
    if getattr(what, "__name__", "") != "<lambda>":
        with contextlib.suppress(OSError, TypeError):
            return inspect.getsource(what)
    functions = [what] if isinstance(what, FunctionType) else list(vars(what).values())
    codes = [f.__code__ for f in functions if isinstance(f, FunctionType)]
    return "\n".join(f"{c.co_name} {c.co_code.hex()} {_constants(c)}" for c in codes)


def _constants(code: CodeType) -> str:
    # The representation of a nested code object contains its address.
    return repr(
        [_constants(c) + c.co_code.hex() if isinstance(c, CodeType) else c for c in code.co_consts]
    )

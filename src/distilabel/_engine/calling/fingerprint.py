"""Digests of a step: its fields, its source code and its state. Runs no code of the step.

Two steps for which all of them are equal make the same rows from the same rows.
"""

from __future__ import annotations

import contextlib
import inspect
import weakref
from types import CodeType, FunctionType, MethodType
from typing import Any, Final

from pydantic import BaseModel, SecretStr

from distilabel._core.hashing import digest
from distilabel._engine.calling.state_of_step import NOT_STATE
from distilabel._engine.calling.used_variables import names_read_in
from distilabel.steps.base import Step

# The source texts of functions and classes, which take long to find.
_texts: Final[weakref.WeakKeyDictionary[Any, str]] = weakref.WeakKeyDictionary()


def configuration_of(step: Step) -> dict[str, Any]:
    """Returns the values of a step's fields, including those that are not dumped.

    Raises:
        TypeError: A field has no digest.
    """
    values: dict[str, Any] = {}
    for name, value in vars(step).items():
        if name not in NOT_STATE and name in type(step).model_fields:
            values[name] = described(value)
    for name, value in (step.__pydantic_private__ or {}).items():
        if name in NOT_STATE:
            continue
        # What `load` creates (a model, an open file) follows from the fields.
        with contextlib.suppress(TypeError):
            values[name] = described(value)
    return values


def field_digest(step: Step) -> str:
    """Returns the digest of the values of a step's fields.

    Raises:
        TypeError: A field has no digest.
    """
    return digest(configuration_of(step)).hex()


def described(value: Any) -> Any:
    """Converts a value for a digest: functions to their source, models to their fields."""
    if isinstance(value, BaseModel):
        return {name: described(getattr(value, name)) for name in type(value).model_fields}
    if isinstance(value, SecretStr):
        return None
    if isinstance(value, (FunctionType, MethodType)):
        function: Any = getattr(value, "__func__", value)
        return source_of_function(function, set())
    if isinstance(value, dict):
        return {k: described(v) for k, v in value.items()}
    if type(value) in (list, tuple):
        return type(value)(described(v) for v in value)
    digest(value)
    return value


def source_of(cls: type, seen: set[int] | None = None) -> str:
    """Returns the source of a step's class and of what it uses from its own module.

    Includes the values of variables of an enclosing function: steps from one factory function have
    the same source.

    Args:
        cls: The class.
        seen: Receives the ids of the functions and classes in it.
    """
    seen = set() if seen is None else seen
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
        return source_of_function(function, seen)
    members = [getattr(m, "fget", None) or getattr(m, "__func__", m) for m in vars(cls).values()]
    functions = [m for m in members if isinstance(m, FunctionType)]
    return "\n".join([text_of(cls), *(source_of_function(f, seen, own=False) for f in functions)])


def source_of_function(function: FunctionType, seen: set[int], own: bool = True) -> str:
    """Returns the source of a function, with what it uses from its module and its closure.

    Args:
        function: The function.
        seen: Ids of functions and classes to leave out; receives those that are in the source.
        own: Whether the text of the function itself is part of it.
    """
    if id(function) in seen:
        return ""
    seen.add(id(function))
    parts = [text_of(function)] if own else []
    parts += [repr(function.__defaults__)] if function.__defaults__ else []
    cells = zip(function.__code__.co_freevars, function.__closure__ or (), strict=True)
    for name, cell in cells:
        with contextlib.suppress(ValueError):  # the cell is still empty
            value = _unless_record(cell.cell_contents, name, function)
            parts.append(_source_of_value(value, function, seen))
    for name in sorted(_names(function.__code__)):
        if name in function.__globals__:
            value = _unless_record(function.__globals__[name], name, function)
            parts.append(f"{name}={_source_of_value(value, function, seen)}")
    return "\n".join(parts)


def _unless_record(value: Any, name: str, function: FunctionType) -> Any:
    """Returns an empty container for one that the function only writes, as to a list of calls."""
    is_filled = type(value) in (list, dict, set) and len(value) > 0
    return type(value)() if is_filled and name not in names_read_in(function) else value


def _names(code: CodeType) -> set[str]:
    inner = [c for c in code.co_consts if isinstance(c, CodeType)]
    return set(code.co_names).union(*map(_names, inner))


def _source_of_value(value: Any, user: FunctionType, seen: set[int]) -> str:
    mine = getattr(value, "__module__", None) == user.__module__
    if isinstance(value, FunctionType):
        return source_of_function(value, seen) if mine else value.__qualname__
    if isinstance(value, type):
        return _source_of_class(value, seen) if mine else value.__qualname__
    try:
        return digest(value).hex()
    except TypeError:
        return type(value).__qualname__


def text_of(what: Any) -> str:
    """Returns the source text of a function or class; the byte code if it has no source file."""
    if what not in _texts:
        # A file that is edited later does not change what was imported.
        _texts[what] = _read_text(what)
    return _texts[what]


def _read_text(what: Any) -> str:
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

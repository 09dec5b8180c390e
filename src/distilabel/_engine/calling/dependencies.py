"""What a step's results depend on besides its own source and fields: other modules, and files.

Kept apart from `fingerprint`: a step that uses nothing of this has the digest it always had.
"""

from __future__ import annotations

import dataclasses
import functools
import hashlib
import os
import re
from collections.abc import Iterator
from enum import Enum
from pathlib import PurePath
from types import FunctionType, ModuleType, SimpleNamespace
from typing import Any, Final

from pydantic import BaseModel

from distilabel._core.hashing import digest
from distilabel._engine.calling.fingerprint import described, source_of_function, text_of
from distilabel._engine.calling.state_of_step import NOT_STATE
from distilabel._engine.calling.used_variables import (
    Code,
    is_of_user,
    members_used,
    names_in,
    names_read_in,
)
from distilabel.steps.base import Step

# Larger files are told apart by their size and the time of their last change.
_MOST_BYTES: Final = 8 << 20
_MOST_NAMES: Final = 1_000


def dependencies_of(step: Step, covered: set[int]) -> list[str]:
    """Returns a text for each function, class, constant and file that a step uses.

    Args:
        step: The step.
        covered: Ids of the functions and classes that its source holds already.

    Returns:
        The texts in a fixed order; an empty list for a step that uses only its own module.
    """
    values = {**vars(step), **(step.__pydantic_private__ or {})}
    functions = [v for v in values.values() if isinstance(v, FunctionType)]
    for function in functions:
        # The configuration holds it.
        source_of_function(function, covered)
    code = Code(type(step), functions)
    found = set(_files_in(step, values))
    for cls in code.classes:
        if id(cls) not in covered:
            found.add(f"class {cls.__module__}.{cls.__qualname__}\n{text_of(cls)}")
    if any("name" in names_read_in(function) for function in code.functions):
        # It may tell apart two steps that are the same but for their names.
        found.add(f"name {step.name}")
    owners = {(cls.__module__, cls.__qualname__) for cls in code.classes}
    for function in code.functions:
        name = f"{function.__module__}.{function.__qualname__}"
        is_method = (function.__module__, function.__qualname__.rpartition(".")[0]) in owners
        is_own = id(function) in covered or is_method
        if not is_own:
            found.add(f"function {name}\n{text_of(function)}\n{function.__defaults__!r}")
        for text in _constants_of(function, id(function) in covered):
            found.add(f"constant {name} {text}")
    return sorted(found)


def _constants_of(function: FunctionType, is_covered: bool) -> Iterator[str]:
    """Yields the values that a function uses and that its source does not hold."""
    for name, value in (function.__kwdefaults__ or {}).items():
        yield f"{name}={_constant(value) or type(value).__qualname__}"
    names = names_in(function)
    for name in sorted(names & function.__globals__.keys()):
        value = function.__globals__[name]
        for member in members_used(value, names):
            if (text := _constant(member)) is not None:
                yield f"{name}.*={text}"
        if isinstance(value, (str, PurePath)) and (text := _file(value)) is not None:
            yield f"{name}={text}"
        # The source holds the digests of those that have one.
        has_digest = is_covered and _digest(value) is not None
        if has_digest or (text := _constant(value)) is None:
            continue
        if not (isinstance(value, (list, dict, set)) and name not in names_read_in(function)):
            yield f"{name}={text}"


def _digest(value: Any) -> str | None:
    try:
        return digest(value).hex()
    except (TypeError, RecursionError):
        return None


def _constant(value: Any) -> str | None:
    """Returns a text that tells constants apart; None for anything but plain data."""
    if isinstance(value, (type, FunctionType, ModuleType)):
        return None
    if isinstance(value, re.Pattern):
        return f"{value.pattern!r} {value.flags}"
    if isinstance(value, Enum):
        return f"{value!r}"
    if isinstance(value, PurePath):
        return str(value)
    if isinstance(value, functools.partial):
        return f"{_digest(described([value.args, value.keywords]))}"
    if dataclasses.is_dataclass(value) or isinstance(value, (BaseModel, SimpleNamespace)):
        if not is_of_user(type(value).__module__) and not isinstance(value, SimpleNamespace):
            return None
        try:
            return _digest(described(vars(value)))
        except (TypeError, RecursionError):
            return None
    return _digest(value)


# -- files ----------------------------------------------------------------------------------


def _files_in(step: Step, values: dict[str, Any]) -> Iterator[str]:
    """Yields a text for each file that a field of a step's own names."""
    left = _MOST_NAMES
    waiting = [
        value
        for name, value in values.items()
        if name not in NOT_STATE and name not in Step.model_fields
    ]
    while waiting and left > 0:
        value = waiting.pop()
        left -= 1
        if isinstance(value, (str, PurePath)):
            text = _file(value)
            if text is not None:
                yield text
        elif isinstance(value, (list, tuple, set, frozenset)):
            waiting += list(value)[:left]
        elif isinstance(value, dict):
            waiting += list(value.values())[:left]


def _file(name: str | PurePath) -> str | None:
    """Returns a text that changes with the contents of a file; None if the file does not exist."""
    path = os.path.expanduser(name)
    if not path or len(path) > 4096 or "\n" in path or "\0" in path or not os.path.isfile(path):
        return None
    try:
        found = os.stat(path)
        if found.st_size > _MOST_BYTES:
            return f"file {name} {found.st_size} {found.st_mtime_ns}"
        with open(path, "rb") as file:
            return f"file {name} {hashlib.file_digest(file, 'blake2b').hexdigest()}"
    except OSError:
        return None

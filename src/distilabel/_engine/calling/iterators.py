"""Copies iterators of the standard library, and tells where they stand, without moving them."""

from __future__ import annotations

import ast
import itertools
import warnings
from collections.abc import Iterator
from typing import Any

from distilabel._engine.calling.object_kinds import ATOMS


def reduced(iterator: Any) -> tuple[Any, tuple[Any, ...], Any]:
    """Returns how an iterator can be built again: a function, its arguments, and a state."""
    if type(iterator) is itertools.count:
        # Its copy is deprecated.
        text = repr(iterator).removeprefix("count")
        numbers = ast.literal_eval(text[:-1] + ",)")
        return itertools.count, numbers, None
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)
        function, arguments, *rest = iterator.__reduce__()
    return function, arguments, rest[0] if rest else None


def copy_iterator(iterator: Any) -> Any:
    """Returns an iterator at the same position; what it iterates over is not copied.

    Raises:
        TypeError: It cannot be copied.
    """
    function, arguments, state = reduced(iterator)
    copied = function(*map(_copy_argument, arguments))
    if state is not None:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", DeprecationWarning)
            copied.__setstate__(_copy_state(state))
    return copied


def _copy_argument(value: Any) -> Any:
    if type(value) is tuple and any(isinstance(part, Iterator) for part in value):
        return tuple(map(_copy_argument, value))
    return copy_iterator(value) if isinstance(value, Iterator) else value


def _copy_state(state: Any) -> Any:
    if isinstance(state, tuple):
        return tuple(map(_copy_state, state))
    return list(state) if isinstance(state, list) else _copy_argument(state)


def iterator_position(iterator: Any) -> str:
    """Returns a text that changes when the iterator moves on."""
    _, arguments, state = reduced(iterator)
    # Those of dicts and sets list what is left.
    lists = type(iterator).__name__.startswith(("dict_", "set_"))
    return f"{[_position(a, lists) for a in arguments]} {_position(state, True)}"


def _position(value: Any, lists: bool) -> Any:
    if isinstance(value, Iterator):
        return iterator_position(value)
    if isinstance(value, tuple):
        return [_position(part, lists) for part in value]
    if isinstance(value, list) and lists:
        return len(value)
    return value if type(value) in ATOMS and not isinstance(value, (str, bytes)) else id(value)

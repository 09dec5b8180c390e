"""Warns about methods of a user's class that nothing calls, as after a change of library.

A subclass may override a private method that its base class had in 1.5.3. Python does not say that
the base class has no such method any more, and the run would silently do something else.
"""

from __future__ import annotations

import inspect
import logging
import sys
from collections.abc import Iterator
from functools import cached_property, lru_cache
from types import CodeType, FunctionType
from typing import Any, Final
from weakref import WeakSet

# Private methods that the abstract classes of 1.5.3 called.
_CALLED_BEFORE: Final = frozenset(
    {
        "_agenerate",
        "_create_metadata",
        "_format_outputs",
        "_generate_chat_completion",
        "_generate_completion",
        "_maybe_add_raw_input_output",
        "_output_on_failure",
        "_prepare_kwargs",
    }
)

_CALLED_NOW: Final = ("agenerate", "generate", "format_output")

_Cached: Final = type(lru_cache(int))

_checked: WeakSet[type] = WeakSet()

_log = logging.getLogger("distilabel.spec")


def warn_of_uncalled_methods(cls: type) -> None:
    """Logs a warning for each private method of a user's class that nothing calls, once a class.

    Args:
        cls: Class of a component.
    """
    if cls in _checked:
        return
    _checked.add(cls)
    if _is_ours(cls):
        return
    base = next(each for each in cls.__mro__ if _is_ours(each))
    called = next((name for name in _CALLED_NOW if hasattr(cls, name)), "process")
    for name in uncalled_methods(cls):
        _log.warning(
            "%s.%s is never called: %s has no method of this name. Override `%s` instead, or call "
            "it from there.",
            cls.__qualname__,
            name,
            base.__name__,
            called,
        )


def uncalled_methods(cls: type) -> list[str]:
    """Returns the private methods of a user's class that nothing calls.

    For a subclass of a built-in class, these are the methods whose name occurs neither there nor in
    the module of the user. For a subclass of an abstract class, only names of 1.5.3 count.

    Args:
        cls: Class of a component.
    """
    own = [each for each in cls.__mro__ if not _is_ours(each) and each is not object]
    ours = [each for each in cls.__mro__ if _is_ours(each)]
    is_built_in = any(map(_is_built_in, ours))
    methods = {
        name
        for each in own
        for name, value in vars(each).items()
        if _is_private(name) and isinstance(value, (FunctionType, classmethod, staticmethod))
    }
    # A validator or a serializer is called by pydantic.
    decorators = getattr(cls, "__pydantic_decorators__", None)
    for kind in getattr(decorators, "__slots__", ()):
        methods.difference_update(getattr(decorators, kind))
    methods.difference_update(*map(dir, ours))
    if not is_built_in:
        methods &= _CALLED_BEFORE
    return sorted(methods - set(_names_in(own))) if methods else []


def _is_ours(cls: type) -> bool:
    # Mixins of pydantic and Python are those of the built-in classes as well.
    return str(cls.__module__).partition(".")[0] in ("distilabel", "pydantic", "abc", "typing")


def _is_built_in(cls: type) -> bool:
    """Whether a class of distilabel can be used as it is."""
    is_component = hasattr(cls, "process") or hasattr(cls, "generate")
    return (
        is_component and not str(cls.__module__).endswith(".base") and not inspect.isabstract(cls)
    )


def _is_private(name: str) -> bool:
    return name.startswith("_") and not name.endswith("__")


def _names_in(classes: list[type]) -> Iterator[str]:
    """Yields the names that occur in the code of classes and of their modules."""
    for module in {str(cls.__module__) for cls in classes}:
        for value in list(vars(sys.modules.get(module, object)).values()):
            yield from _names_of(value, texts=False)
    for cls in classes:
        for value in vars(cls).values():
            # A name may stand in `getattr` or in a table.
            yield from _names_of(value, texts=True)


def _names_of(value: Any, *, texts: bool) -> Iterator[str]:
    if isinstance(value, type):
        for each in list(vars(value).values()):
            if not isinstance(each, type):
                yield from _names_of(each, texts=texts)
        return
    functions: list[Any] = []
    if isinstance(value, property):
        functions = [value.fget, value.fset]
    elif isinstance(value, cached_property):
        functions = [value.func]
    elif isinstance(value, (FunctionType, classmethod, staticmethod, _Cached)):
        # Not any object: a lazy module may do a lot when it is asked for an attribute.
        functions = [getattr(value, "__func__", value)]
    for function in filter(None, functions):
        code = getattr(inspect.unwrap(function), "__code__", None)
        if isinstance(code, CodeType):
            yield from _names_in_code(code, texts=texts)


def _names_in_code(code: CodeType, *, texts: bool) -> Iterator[str]:
    yield from code.co_names
    for constant in code.co_consts:
        if isinstance(constant, CodeType):
            yield from _names_in_code(constant, texts=texts)
        elif texts:
            yield from _texts_in(constant)


def _texts_in(constant: Any) -> Iterator[str]:
    if isinstance(constant, str):
        yield constant
    elif isinstance(constant, (tuple, frozenset)):
        for each in constant:
            yield from _texts_in(each)

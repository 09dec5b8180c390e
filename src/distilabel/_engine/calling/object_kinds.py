"""Kinds of objects: immutable ones, those that no step owns, and those that are live."""

from __future__ import annotations

import datetime
import decimal
import enum
import fractions
import logging
import pathlib
import re
import sys
import types
import uuid
from typing import Any, Final

from pydantic import SecretStr

from distilabel.models.llms.base import LLM

# Immutable, and without other objects inside.
ATOMS: Final[frozenset[type]] = frozenset(
    {
        *(type(None), type(...), type(NotImplemented), bool, int, float, complex, str, bytes),
        *(range, slice, re.Pattern, SecretStr, type(pathlib.Path()), uuid.UUID),
        *(decimal.Decimal, fractions.Fraction, datetime.date, datetime.time),
        *(datetime.datetime, datetime.timedelta, datetime.timezone),
    }
)
_SHARED: Final = (LLM, logging.Logger, types.ModuleType, type, types.BuiltinFunctionType, enum.Enum)
# Their objects stand for something outside of Python's memory, or for another thread.
_LIVE: Final = frozenset(
    {
        *("_io", "_queue", "_socket", "_sqlite3", "_ssl", "_thread", "asyncio"),
        *("concurrent", "contextvars", "ctypes", "http", "httpx", "io", "logging"),
        *("multiprocessing", "queue", "requests", "select", "socket", "socketserver", "sqlite3"),
        *("ssl", "subprocess", "tempfile", "threading", "urllib3", "weakref"),
    }
)


def is_shared(value: Any) -> bool:
    """Whether an object is never part of a step's state: a model, a pipeline, a module, a type."""
    is_annotation = type(value).__module__ in ("typing", "inspect")
    return is_annotation or isinstance(value, _SHARED) or hasattr(type(value), "_free_name")


def is_live(value: Any) -> bool:
    """Whether an object stands for a thread, a lock, a file, a connection or the like."""
    module = str(type(value).__module__).partition(".")[0]
    return module in _LIVE or isinstance(value, (types.GeneratorType, types.CoroutineType))


def imported(name: str) -> Any:
    """Returns a module that the program has imported; None also while another thread imports it.

    Args:
        name: Name of the module.
    """
    module = sys.modules.get(name)
    is_partial = getattr(getattr(module, "__spec__", None), "_initializing", False)
    return None if is_partial else module

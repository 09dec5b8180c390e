"""Describes any data as JSON that also tells the types which JSON has not.

Values that are JSON already are described by themselves.
"""

from __future__ import annotations

import dataclasses
import datetime
import enum
import hashlib
import re
from decimal import Decimal
from fractions import Fraction
from itertools import chain
from math import isfinite
from pathlib import PurePath
from typing import Any, Final
from uuid import UUID

import orjson
from pydantic import BaseModel

# The only key of a dict that describes a value of another type.
_TYPE: Final = "$type"
_LARGEST: Final = 2**64
_SCALARS: Final = frozenset({str, int, bool, type(None)})
_FLAT: Final = _SCALARS | {float}

# Their `repr` tells everything about them.
_TOLD_BY_REPR: Final = (
    Decimal,
    Fraction,
    PurePath,
    UUID,
    complex,
    datetime.date,
    datetime.time,
    datetime.timedelta,
    range,
)


def is_json(value: Any) -> bool:
    """Whether a value is the same, in value and type, after it was written and read as JSON.

    Subclasses of dict and list count as such.
    """
    # Runs for every row: one pass without a call for each of the many scalars.
    if type(value) is list and _are_flat_rows(value):
        return True
    if isinstance(value, dict):
        for key in value:
            if type(key) is not str:
                return False
        items: Any = value.values()
    elif isinstance(value, list):
        items = value
    else:
        kind = type(value)
        return kind in _SCALARS or (kind is float and isfinite(value))
    for item in items:
        kind = type(item)
        if kind in _SCALARS:
            continue
        if kind is float:
            if not isfinite(item):
                return False
        elif not is_json(item):
            return False
    return True


def _are_flat_rows(rows: list[Any]) -> bool:
    """Whether a list holds dicts of scalars, as most batches do. Runs no code of Python per row."""
    if set(map(type, rows)) != {dict} or set(map(type, chain.from_iterable(rows))) != {str}:
        return False
    values = chain.from_iterable(map(dict.values, rows))
    kinds = set(map(type, values))
    if float in kinds:
        values = chain.from_iterable(map(dict.values, rows))
        return kinds <= _FLAT and all(map(isfinite, filter(_is_float, values)))
    return kinds <= _SCALARS


def _is_float(value: Any) -> bool:
    return type(value) is float


def typed_form(value: Any) -> Any:
    """Returns JSON-like data that describe a value and its types; equal ones for equal values.

    Raises:
        TypeError: The value contains an object whose content is unknown.
        RecursionError: The value contains itself, or is nested too deeply.
    """
    kind = type(value)
    if kind in _SCALARS:
        return _typed(value, str(value)) if _is_large(value) else value
    if kind is float:
        return value if isfinite(value) else _typed(value, str(value))
    if isinstance(value, dict):
        return _typed_dict(value)
    if isinstance(value, list):
        return [typed_form(item) for item in value]
    return _typed(value, _content(value))


def _is_large(value: Any) -> bool:
    return type(value) is int and not -(_LARGEST // 2) <= value < _LARGEST


def _typed(value: Any, content: Any) -> dict[str, Any]:
    cls = type(value)
    return {_TYPE: [f"{cls.__module__}.{cls.__qualname__}", content]}


def _typed_dict(value: dict[Any, Any]) -> dict[str, Any]:
    if all(type(key) is str for key in value) and _TYPE not in value:
        return {key: typed_form(item) for key, item in value.items()}
    return {_TYPE: ["dict", _sorted([typed_form(k), typed_form(v)] for k, v in value.items())]}


def _sorted(forms: Any) -> list[Any]:
    return sorted(forms, key=lambda form: orjson.dumps(form, option=orjson.OPT_SORT_KEYS))


def _content(value: Any) -> Any:
    """Returns what tells a value from others of its type, as JSON-like data."""
    if isinstance(value, enum.Enum):
        return typed_form(value.value)
    if isinstance(value, (bytes, bytearray, memoryview)):
        return bytes(value).hex()
    if isinstance(value, tuple):
        return [typed_form(item) for item in value]
    if isinstance(value, (set, frozenset)):
        return _sorted(map(typed_form, value))
    if isinstance(value, re.Pattern):
        return [typed_form(value.pattern), value.flags]
    if isinstance(value, BaseModel):
        fields = {**value.__dict__, **(value.__pydantic_extra__ or {})}
        return _typed_dict({**fields, **(value.__pydantic_private__ or {})})
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        return _typed_dict({f.name: getattr(value, f.name) for f in dataclasses.fields(value)})
    if isinstance(value, type) and hasattr(value, "model_json_schema"):
        return value.model_json_schema()
    return _content_of_scalar(value)


def _content_of_scalar(value: Any) -> Any:
    if isinstance(value, _TOLD_BY_REPR):
        return repr(value)
    if type(value).__module__ == "numpy" and hasattr(value, "dtype"):
        return _content_of_array(value)
    for base in (str, int, float):
        if isinstance(value, base):
            return typed_form(base(value))
    raise TypeError(f"{type(value).__name__} has no digest")


def _content_of_array(value: Any) -> list[Any]:
    """Returns the data type, the shape and the content of a numpy array or scalar."""
    if value.dtype.hasobject:
        return [repr(value.dtype), list(value.shape), typed_form(value.tolist())]
    data = hashlib.blake2b(value.tobytes(), digest_size=16).hexdigest()
    return [repr(value.dtype), list(value.shape), data]

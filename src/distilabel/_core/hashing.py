"""Digests of JSON-like data that are the same in every run and on every machine."""

from __future__ import annotations

import hashlib
from typing import Any

import orjson

from distilabel._core.surrogates import replace_surrogates

_OPTIONS = orjson.OPT_SORT_KEYS | orjson.OPT_NON_STR_KEYS | orjson.OPT_SERIALIZE_NUMPY


def _plain(value: Any) -> Any:
    if isinstance(value, bytes):
        return {"$bytes": value.hex()}
    if isinstance(value, (set, frozenset)):
        return {"$set": sorted(value, key=repr)}
    if isinstance(value, type) and hasattr(value, "model_json_schema"):
        return value.model_json_schema()
    raise TypeError(f"{type(value).__name__} has no digest")


def canonical(value: Any) -> bytes:
    """Returns JSON with sorted keys; takes bytes, sets, numpy arrays and pydantic classes too.

    Raises:
        TypeError: The value contains something that has no JSON form.
    """
    try:
        return strict_canonical(value)
    except orjson.JSONEncodeError:
        # An unpaired surrogate is not UTF-8. The digest is that of the text as sent and stored.
        return strict_canonical(replace_surrogates(value))


def strict_canonical(value: Any) -> bytes:
    """As `canonical`, but rejects unpaired surrogates.

    Raises:
        TypeError: The value contains an unpaired surrogate, or something that has no JSON form.
    """
    return orjson.dumps(value, default=_plain, option=_OPTIONS)


def digest(value: Any) -> bytes:
    """Returns the 16-byte digest of a value.

    Raises:
        TypeError: The value contains something that has no JSON form.
    """
    return hashlib.blake2b(canonical(value), digest_size=16).digest()

"""Digests: one short name for a piece of data, the same on every run and machine."""

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
    """JSON with sorted keys; bytes, sets, numpy arrays and pydantic classes are understood.

    Raises:
        TypeError: the value holds something that has no JSON form.
    """
    try:
        return strict_canonical(value)
    except orjson.JSONEncodeError:
        # A lone surrogate is not valid UTF-8; the digest is that of the text sent in its place.
        return strict_canonical(replace_surrogates(value))


def strict_canonical(value: Any) -> bytes:
    """As `canonical`, but refuses lone surrogates.

    Raises:
        TypeError: The value holds a lone surrogate, or something that has no JSON form.
    """
    return orjson.dumps(value, default=_plain, option=_OPTIONS)


def digest(value: Any) -> bytes:
    """16 bytes that stand for `value`.

    Raises:
        TypeError: the value holds something that has no JSON form.
    """
    return hashlib.blake2b(canonical(value), digest_size=16).digest()

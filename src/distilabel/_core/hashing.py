"""Digests of data that are the same in every run and on every machine.

`canonical` is the JSON of a request: values that are sent as the same text have the same form.
`digest` tells apart whatever a step can tell apart: NaN and None, a date and its text, a tuple and
a list. For data that JSON represents exactly, it is the digest of their canonical form.
"""

from __future__ import annotations

import hashlib
from typing import Any, Final

import orjson

from distilabel._core.surrogates import replace_surrogates
from distilabel._core.typed_form import is_json, typed_form

_OPTIONS: Final = orjson.OPT_SORT_KEYS | orjson.OPT_NON_STR_KEYS | orjson.OPT_SERIALIZE_NUMPY

# No JSON text begins with it, so data with and without types never have the same digest.
_TYPED: Final = b"~"


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
    """Returns the 16-byte digest of a value; values that differ, also in type, have other digests.

    Raises:
        TypeError: The value contains an object whose content is unknown.
    """
    try:
        text = _text(value)
    except RecursionError:
        raise TypeError("data that contain themselves, or are nested too deeply") from None
    return hashlib.blake2b(text, digest_size=16).digest()


def _text(value: Any) -> bytes:
    if is_json(value):
        try:
            return canonical(value)
        except orjson.JSONEncodeError:  # an integer of more than 64 bits
            pass
    return _TYPED + canonical(typed_form(value))

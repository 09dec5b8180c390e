"""Halves of surrogate pairs: texts that Python can hold, and no file and no wire can.

They come from JSON that was cut in the middle of a character. Here they are made whole again.
"""

from __future__ import annotations

import re
from typing import Any, Final

_FOUND: Final = re.compile("[\ud800-\udbff][\udc00-\udfff]|[\ud800-\udfff]")
_UNKNOWN: Final = "\ufffd"


def replace_surrogates(value: Any) -> Any:
    """A copy of JSON-like data in which U+FFFD stands for every half that has no other half.

    Two halves that belong together become the character they stand for.
    """
    if isinstance(value, str):
        return _FOUND.sub(_made_whole, value)
    if isinstance(value, dict):
        return {replace_surrogates(k): replace_surrogates(v) for k, v in value.items()}
    if isinstance(value, list):
        return [replace_surrogates(item) for item in value]
    if type(value) is tuple:
        return tuple(replace_surrogates(item) for item in value)
    return value


def _made_whole(found: re.Match[str]) -> str:
    text = found[0]
    if len(text) == 1:
        return _UNKNOWN
    return chr(0x10000 + (ord(text[0]) - 0xD800) * 0x400 + ord(text[1]) - 0xDC00)

"""Unpaired surrogates: Python strings can hold them, UTF-8 cannot, so no file or request can.

They come from JSON that was cut in the middle of a character.
"""

from __future__ import annotations

import re
from typing import Any, Final

_SURROGATES: Final = re.compile("[\ud800-\udbff][\udc00-\udfff]|[\ud800-\udfff]")
_REPLACEMENT: Final = "\ufffd"


def replace_surrogates(value: Any) -> Any:
    """Returns a copy of JSON-like data without surrogates.

    Two that form a pair become the character they encode; any other becomes U+FFFD.
    """
    if isinstance(value, str):
        return _SURROGATES.sub(_replacement, value)
    if isinstance(value, dict):
        return {replace_surrogates(k): replace_surrogates(v) for k, v in value.items()}
    if isinstance(value, list):
        return [replace_surrogates(item) for item in value]
    if type(value) is tuple:
        return tuple(replace_surrogates(item) for item in value)
    return value


def _replacement(match: re.Match[str]) -> str:
    text = match[0]
    if len(text) == 1:
        return _REPLACEMENT
    return chr(0x10000 + (ord(text[0]) - 0xD800) * 0x400 + ord(text[1]) - 0xDC00)

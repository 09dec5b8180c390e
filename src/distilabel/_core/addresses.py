"""Addresses as they may be shown: a password in one is no news for anybody."""

from __future__ import annotations

import re
from typing import Final

_USER: Final = re.compile(r"(?<=://)[^/@\s]+@")
_KEY: Final = re.compile(
    r"(?<=[?&])((?:[\w-]*[-_])?(?:api[-_]?key|credential|key|password|sig|signature|token))"
    r"=[^&#\s\"']+",
    re.I,
)


def without_password(text: str) -> str:
    """A text without the user, the password and the keys of every address in it."""
    if "@" in text:
        text = _USER.sub("", text)
    return _KEY.sub(r"\1=", text) if "=" in text and "://" in text else text

"""Addresses as they may be shown: a password in one is no news for anybody."""

from __future__ import annotations

import re
from typing import Final

_USER: Final = re.compile(r"(?<=://)[^/@\s]+@")


def without_password(text: str) -> str:
    """A text without the user and the password of every address in it."""
    return _USER.sub("", text) if "@" in text else text

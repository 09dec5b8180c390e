"""Text for people, without the characters that command a terminal or reorder what it shows.

Servers, rows and file names bring them along. Everything that distilabel writes to a terminal or
a log goes through `printable`.
"""

from __future__ import annotations

import re
from typing import Final

# Control characters but newline and tab, line separators, marks that change the direction of text,
# and unpaired surrogates, which no stream can write. Joiners stay: emoji are made of them.
_UNPRINTABLE: Final = re.compile(
    "[\x00-\x08\x0b-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069\ud800-\udfff]"
)


def printable(text: str) -> str:
    r"""Returns a text in which every such character is written as its escape, like `\x1b`.

    Args:
        text: Text for a terminal, a log or an error. Newlines and tabs in it are kept.
    """
    return _UNPRINTABLE.sub(_escape, text.replace("\r\n", "\n"))


def _escape(match: re.Match[str]) -> str:
    code = ord(match[0])
    return f"\\x{code:02x}" if code < 0x100 else f"\\u{code:04x}"

"""Finds the final answer in what a model wrote, and compares numbers by their value."""

from __future__ import annotations

import re
import unicodedata
from fractions import Fraction
from typing import Final

from distilabel.models.wire.reasoning import split_reasoning

_LABEL: Final = re.compile(
    r"(?:\banswer\s*(?:is|=)\s*[:\uff1a]?|\banswer[*_]*\s*[:\uff1a]|^####)[*_\s]*(?=[^\s*_:\uff1a])",
    re.IGNORECASE | re.MULTILINE,
)
_BOXED: Final = "\\boxed{"
_LATEX_WORDS: Final = re.compile(r"\\(?:text|mathrm|mathbf|textbf)\{([^{}]*)\}")
_FRACTION: Final = re.compile(r"\\[dt]?frac\{([^{}]+)\}\{([^{}]+)\}")
_THOUSANDS: Final = re.compile(r"(?<=\d)(?:,|\{,\}|\\,|[\u00a0\u202f ])(?=\d{3}(?!\d))")
_NUMBER: Final = r"[+-]?(?:\d+(?:\.\d*)?|\.\d+)(?:e[+-]?\d+)?"
_VALUE: Final = re.compile(
    rf"(?P<number>{_NUMBER})(?:\s*/\s*(?P<below>{_NUMBER})|\s*(?:\*|x|\\times|\\cdot)\s*10\^"
    r"\{?(?P<power>[+-]?\d+)\}?)?\s*(?P<percent>\\?%|percent\b)?(?P<unit>[^\d]*)\Z",
    re.IGNORECASE,
)
_MIXED: Final = re.compile(r"([+-]?\d+)\s+(\d+)\s*/\s*(\d+)\Z")
# At most three words, none of which offers another answer.
_UNIT: Final = re.compile(
    r"(?!.*\b(?:or|and|not|to)\b)\s*(?:[\w^{}()\u00b0/.\\'-]+\s*){0,3}\Z", re.IGNORECASE
)
# A longer exponent or number is no answer, and would take long to compare.
_MOST_DIGITS: Final = 60
_TOLERANCE: Final = Fraction(1, 10**6)


def final_answer(text: str) -> str:
    r"""Returns the final answer in a text.

    It is what stands in the last `\boxed{}`, else on the line after the last "answer is", "Answer:"
    or "####", else the last line.

    Args:
        text: Text of a model; reasoning at its beginning does not count.
    """
    answer = (split_reasoning(text)[1] or "").strip()
    start = answer.rfind(_BOXED)
    if start >= 0 and (boxed := _in_braces(answer, start + len(_BOXED))) is not None:
        return boxed.strip()
    labels = list(_LABEL.finditer(answer))
    rest = answer[labels[-1].end() :] if labels else answer
    lines = [line for line in rest.splitlines() if line.strip()]
    if not lines:
        return ""
    return _plain(lines[0] if labels else lines[-1])


def same_value(answer: str, truth: str) -> bool:
    """Returns True if two answers have the same value, as numbers or else as texts.

    Args:
        answer: Final answer.
        truth: Right answer.
    """
    found, wanted = _value(answer), _value(truth)
    if (found is None) != (wanted is None):
        return False
    if found is None or wanted is None:
        return bool(_letters(answer)) and _letters(answer) == _letters(truth)
    (value, percent), (right, right_percent) = found, wanted
    if _close(value, right):
        return True
    # A share may be written both ways.
    if percent and not right_percent:
        return _close(value / 100, right)
    return right_percent and not percent and _close(value, right / 100)


def _in_braces(text: str, start: int) -> str | None:
    depth = 1
    for place in range(start, len(text)):
        depth += {"{": 1, "}": -1}.get(text[place], 0)
        if depth == 0:
            return text[start:place]
    return None


def _plain(line: str) -> str:
    return line.strip().strip("*_`").strip().rstrip(".").strip("*_` ")


def _simple(text: str) -> str:
    """Returns a text with plain digits and signs, and without the marks of LaTeX."""
    text = "".join(
        str(unicodedata.decimal(char)) if char.isdecimal() else char
        for char in text.replace("\u2212", "-").replace("\u00d7", "x").replace("\u066b", ".")
    )
    text = re.sub(r"\\[()\[\]]|\\left|\\right|\\!|\\displaystyle|\$", "", text)
    text = _FRACTION.sub(r" \1/\2", _LATEX_WORDS.sub(r" \1", text))
    return _plain(text)


def _value(text: str) -> tuple[Fraction, bool] | None:
    """Returns the number that a text is, and whether it is in percent."""
    simple = re.sub(r"\A[A-Za-z]\w*\s*=\s*|\A[\u20ac\u00a3\u00a5~]\s*", "", _simple(text))
    simple = _THOUSANDS.sub("", simple).strip("() ")
    if len(simple) > _MOST_DIGITS:
        return None
    try:
        if mixed := _MIXED.match(simple):
            whole, part = int(mixed[1]), Fraction(int(mixed[2]), int(mixed[3]))
            return (whole - part if simple.startswith("-") else whole + part), False
        found = _VALUE.match(simple)
        if found is None or not _UNIT.match(found["unit"]):
            return None
        # "2x" is not 2.
        if found["unit"] in ("x", "y", "z", "n", "k"):
            return None
        exponents = [*re.findall(r"e([+-]?\d+)", found[0], re.IGNORECASE), found["power"] or "0"]
        if any(abs(int(each)) > _MOST_DIGITS for each in exponents):
            return None
        value = Fraction(found["number"]) / Fraction(found["below"] or "1")
        return value * Fraction(10) ** int(found["power"] or "0"), bool(found["percent"])
    except (ValueError, ZeroDivisionError):
        return None


def _close(value: Fraction, right: Fraction) -> bool:
    return value == right or abs(value - right) <= abs(right) * _TOLERANCE


def _letters(text: str) -> str:
    return re.sub(r"\s+", "", _simple(text)).casefold()

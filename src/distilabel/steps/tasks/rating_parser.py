"""Parses what a judge model wrote about numbered texts into one rating per text.

The formats it reads, with or without headings and Markdown around the labels:

    #### Output for Text 1        | Type: <numbers or None>      only if types were requested
    Rating: <number or N/A>       | Rationale: <text>
    Rationale: <text>             | Rating: <number or N/A>
                                  | Rationale: <text>
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

from distilabel.steps.tasks.answer_fields import find_fields, to_ascii_forms

_HEADING: Final = re.compile(
    r"^[ \t>#*_]*(?:Output[ \t]+for[ \t]+(?:Text[ \t]*)?|(?<=[#*_])[ \t]?Text[ \t]*)"
    r"#?(\d+)[ \t:.*_#]*$",
    re.IGNORECASE | re.MULTILINE,
)
# Label as models write it → name of the field.
_LABELS: Final = {
    f"{label}{end}": label.lower()
    for label in ("Type", "Rating", "Rationale")
    for end in ("", " for rating", " for the rating", " for type", " for the type")
}
# A number with its sign and its decimal places; a comma that separates two numbers is not one.
_NUMBER: Final = re.compile(r"(-?)(\d+)(?:[.,](\d+))?")
_WHOLE: Final = re.compile(r"(-?)(\d+)(?:\.(\d+))?")
# A rating as a text in a structured answer: `4`, `4.0`, `4/5`, `4 out of 5`.
_RATING_TEXT: Final = re.compile(r"[\s*]*(\d+(?:\.0+)?)(?:\s*(?:/|out of)\s*5)?[\s*]*")
# `8/10` and `4 out of 100`; a 5 may have decimal places.
_OTHER_SCALE: Final = re.compile(
    r"\A[^\d\n]*\d+(?:[.,]\d+)?[\s*_]*(?:/|out of)[\s*_]*(?!5(?:[.,]0+)?(?!\d))\d"
)
_EMPTY_LINE: Final = re.compile(r"\n[ \t]*\n")

_Fields = list[tuple[str, str]]


@dataclass(frozen=True, slots=True)
class TextRating:
    """What the judge wrote about one text; None for each part it left out.

    Attributes:
        rating: Rating of the text.
        rationale: Rationale for the rating.
        type: Type of the text.
        type_rationale: Rationale for the type.
    """

    rating: int | None = None
    rationale: str | None = None
    type: int | None = None
    type_rationale: str | None = None


_EMPTY: Final = TextRating()


def parse_ratings(output: str, count: int | None, typed: bool) -> list[TextRating]:
    """Parses the ratings of numbered texts.

    A block under a heading belongs to the text with that number. Without headings, blocks belong
    to the texts in order.

    Args:
        output: Text the judge wrote.
        count: Number of rated texts; None to return as many ratings as were written.
        typed: Whether types were requested as well.

    Returns:
        `count` ratings, in the order of the texts.
    """
    numbered = _by_number(output)
    if numbered:
        wanted = max(numbered) if count is None else count
        blocks = [numbered.get(number, "") for number in range(1, wanted + 1)]
        return [_text_rating(_fields(block), typed) for block in blocks]

    first_label = "type" if typed else None
    groups: Sequence[_Fields] = _grouped(_fields(output), first_label)
    paragraphs = [part for part in _EMPTY_LINE.split(output) if part.strip()]
    if count is not None and len(groups) != count == len(paragraphs):
        groups = [_fields(part) for part in paragraphs]
    ratings = [_text_rating(group, typed) for group in groups]
    if count is None:
        return ratings
    return [*ratings, *[_EMPTY] * count][:count]


def whole_number(text: str, *, decimal_comma: bool = False) -> int | None:
    """Returns the first number in a text; None if there is none, or if it is not a whole one.

    A number with decimal places other than 0 is never rounded, and a negative one is not a rating.

    Args:
        text: Text of a field.
        decimal_comma: Whether `4,5` is one number instead of two.
    """
    found = (_NUMBER if decimal_comma else _WHOLE).search(text)
    if found is None or (found[1] and not text[: found.start()].strip()):
        return None
    return None if (found[3] or "").strip("0") else int(found[2])


def structured_rating(value: Any) -> int | None:
    """Returns the rating from 1 to 5 that a value of a structured answer stands for.

    Args:
        value: Value from JSON: `4`, `4.0`, `"4"` and `"4/5"` are all 4; for 4.5, 0 and 7, None is
            returned.
    """
    return _on_scale(structured_number(value))


def structured_number(value: Any) -> int | None:
    """Returns the whole number that a value of a structured answer stands for; None for none.

    Args:
        value: Value from JSON.
    """
    if isinstance(value, bool):
        return None
    if isinstance(value, str):
        found = _RATING_TEXT.fullmatch(value)
        value = float(found[1]) if found else None
    if isinstance(value, float):
        value = int(value) if value.is_integer() else None
    return value if isinstance(value, int) and value >= 0 else None


def _rating(text: str) -> int | None:
    """Returns the rating from 1 to 5 in a field; None for a number of another scale."""
    scale = _OTHER_SCALE.search(to_ascii_forms(text))
    return None if scale else _on_scale(whole_number(text, decimal_comma=True))


def _on_scale(number: int | None) -> int | None:
    return number if number is not None and 1 <= number <= 5 else None


def _by_number(output: str) -> dict[int, str]:
    """Returns the number of each text → the block under its first heading."""
    blocks: dict[int, str] = {}
    headings = list(_HEADING.finditer(to_ascii_forms(output)))
    ends = [heading.start() for heading in headings[1:]] + [len(output)]
    for heading, end in zip(headings, ends, strict=False):
        blocks.setdefault(int(heading[1]), output[heading.end() : end])
    return blocks


def _fields(block: str) -> _Fields:
    """Returns the label and text of each field, in order."""
    return [(_LABELS[field.label], field.value) for field in find_fields(block, _LABELS)]


def _grouped(fields: _Fields, first_label: str | None) -> list[_Fields]:
    """Splits fields into groups, each starting at a field with the label that comes first."""
    groups: list[_Fields] = []
    for label, text in fields:
        if label == (first_label or fields[0][0]) or not groups:
            groups.append([])
        groups[-1].append((label, text))
    return groups


def _text_rating(fields: _Fields, typed: bool) -> TextRating:
    if not typed:
        values = dict(reversed(fields))
        rating = _rating(values.get("rating", ""))
        return TextRating(rating, values.get("rationale"))
    labels = [label for label, _ in fields]
    if "type" not in labels:
        return _EMPTY
    start = labels.index("type")
    split = labels.index("rating", start) if "rating" in labels[start:] else len(fields)
    about_type, about_rating = (
        dict(reversed(part)) for part in (fields[start:split], fields[split:])
    )
    return TextRating(
        rating=_rating(about_rating.get("rating", "")),
        rationale=about_rating.get("rationale"),
        type=whole_number(about_type["type"]),
        type_rationale=about_type.get("rationale"),
    )

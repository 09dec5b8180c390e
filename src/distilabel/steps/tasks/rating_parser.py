"""Reading what a judge wrote about numbered texts: one judgement per text, whatever it wrote.

    #### Output for Text 1        | Type: <numbers or None>      only where types are asked for
    Rating: <number or N/A>       | Rationale: <text>
    Rationale: <text>             | Rating: <number or N/A>
                                  | Rationale: <text>

Knows labels and headings, not what a rating is of.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final

_HEADING: Final = re.compile(
    r"^[ \t>#*_]*(?:Output[ \t]+for[ \t]+(?:Text[ \t]*)?|(?<=[#*_])[ \t]?Text[ \t]*)"
    r"#?(\d+)[ \t:.*_#]*$",
    re.IGNORECASE | re.MULTILINE,
)
_LABEL: Final = re.compile(
    r"^[ \t>#*_-]*(Type|Rating|Rationale)(?:[ \t]+for[ \t]+(?:the[ \t]+)?(?:rating|type))?"
    r"[ \t]*[*_]*[ \t]*[:\uff1a][*_]{0,2}",
    re.IGNORECASE | re.MULTILINE,
)
_NUMBER: Final = re.compile(r"\d+")
_EMPTY_LINE: Final = re.compile(r"\n[ \t]*\n")

_Fields = list[tuple[str, str]]


@dataclass(frozen=True, slots=True)
class Judgement:
    """What was said of one text; None where nothing was.

    Attributes:
        rating: the rating.
        rationale: why that rating.
        type: the type.
        type_rationale: why that type.
    """

    rating: int | None = None
    rationale: str | None = None
    type: int | None = None
    type_rationale: str | None = None


_NOTHING: Final = Judgement()


def read_judgements(output: str, count: int | None, typed: bool) -> list[Judgement]:
    """Reads the judgements of numbered texts.

    Blocks under headings belong to the text of that number, others to the texts in their order.

    Args:
        output: what the judge wrote.
        count: how many texts there were; as many as were judged if None.
        typed: whether types were asked for.

    Returns:
        `count` judgements, in the order of the texts.
    """
    numbered = _by_number(output)
    if numbered:
        wanted = max(numbered) if count is None else count
        blocks = [numbered.get(number, "") for number in range(1, wanted + 1)]
        return [_judgement(_fields(block), typed) for block in blocks]

    first_label = "type" if typed else None
    groups: Sequence[_Fields] = _grouped(_fields(output), first_label)
    paragraphs = [part for part in _EMPTY_LINE.split(output) if part.strip()]
    if count is not None and len(groups) != count == len(paragraphs):
        groups = [_fields(part) for part in paragraphs]
    judged = [_judgement(group, typed) for group in groups]
    if count is None:
        return judged
    return [*judged, *[_NOTHING] * count][:count]


def whole_number(text: str) -> int | None:
    """The first whole number in a text, if there is one."""
    found = _NUMBER.search(text)
    return int(found[0]) if found else None


def _by_number(output: str) -> dict[int, str]:
    """Number of a text → what stands under its first heading."""
    blocks: dict[int, str] = {}
    for heading, block in _cut(_HEADING, output):
        blocks.setdefault(int(heading[1]), block)
    return blocks


def _fields(block: str) -> _Fields:
    """Label and text of each field, in order."""
    return [(label[1].lower(), _plain(text)) for label, text in _cut(_LABEL, block)]


def _cut(mark: re.Pattern[str], text: str) -> Iterator[tuple[re.Match[str], str]]:
    """Each mark, with the text from there to the next."""
    marks = list(mark.finditer(text))
    ends = [found.start() for found in marks[1:]] + [len(text)]
    for found, end in zip(marks, ends, strict=False):
        yield found, text[found.end() : end]


def _plain(text: str) -> str:
    text = text.strip()
    # Of `**Rationale: text**` the opening mark went with the label.
    return text.removesuffix("**").rstrip() if text.count("**") % 2 else text


def _grouped(fields: _Fields, first_label: str | None) -> list[_Fields]:
    """The fields, a new group at each field with the label that comes first."""
    groups: list[_Fields] = []
    for label, text in fields:
        if label == (first_label or fields[0][0]) or not groups:
            groups.append([])
        groups[-1].append((label, text))
    return groups


def _judgement(fields: _Fields, typed: bool) -> Judgement:
    if not typed:
        values = dict(reversed(fields))
        return Judgement(whole_number(values.get("rating", "")), values.get("rationale"))
    labels = [label for label, _ in fields]
    if "type" not in labels:
        return _NOTHING
    start = labels.index("type")
    split = labels.index("rating", start) if "rating" in labels[start:] else len(fields)
    about_type, about_rating = dict(fields[start:split]), dict(reversed(fields[split:]))
    return Judgement(
        rating=whole_number(about_rating.get("rating", "")),
        rationale=about_rating.get("rationale"),
        type=whole_number(about_type["type"]),
        type_rationale=about_type.get("rationale"),
    )

"""Reads a list of texts from what a model wrote: one per line, numbered, in bullets, or as JSON."""

from __future__ import annotations

import re
from typing import Final

from distilabel.steps.tasks.answer_fields import judge_answer, to_ascii_forms
from distilabel.steps.tasks.json_answers import parse_list

_KIND: Final = r"(?:query|question|instruction|prompt|task|item|q)"
# `1.`, `1)`, `(1)`, `[1]`, `1 -`, `**1.**`, `### 1:`, `Query 1:`, `### Query 1`; no indentation,
# which a list in an item has.
_NUMBER: Final = re.compile(
    rf"^ {{0,1}}[*_#>]*[ \t]?(?:{_KIND}[ \t]*#?)?"
    r"[(\[]?(\d{1,3})(?:\*\*)?(?:[.):\]]|[ \t]+-)[*_]*(?=\s|$)[ \t]*"
    rf"|^[*_#]+[ \t]?{_KIND}[ \t]*#?(\d{{1,3}})[*_]*$",
    re.IGNORECASE,
)
_BULLET: Final = re.compile(r"^(?:[-*+>\u2022\u2013\u25cf\u25aa]|\\item)[ \t]+")
_RULE: Final = re.compile(r"^(?:`{3}[\w-]*|[-*_=]{3,})$")
_QUOTES: Final = {'"': '"', "`": "`", "\u201c": "\u201d", "\u00ab": "\u00bb", "\u300c": "\u300d"}
# What models write before or after a list although they were asked not to.
_INTRODUCTION: Final = re.compile(
    r"^\W{0,4}(?:(?:sure|certainly|of course|absolutely|okay|ok|here (?:is|are)|here's|"
    r"here (?:it is|they are)|below (?:is|are)|the following)\b.*:\W{0,4}"
    r"|(?:sure|certainly|of course|absolutely|okay|ok)\b[!,.]*(?:\W*here\b.*)?[.!]?)$",
    re.IGNORECASE,
)
_CLOSING: Final = re.compile(
    r"^\W{0,4}(?:let me know|i hope|hope (?:this|these)|feel free|these (?:queries|questions|"
    r"instructions|tasks)\b|would you like)\b",
    re.IGNORECASE,
)


def read_items(output: str) -> list[str]:
    """Returns the texts of a list; empty if the model wrote none.

    A numbered text may go on in further lines. Without numbers, every line is a text of its own.

    Args:
        output: Text of the model.

    Raises:
        ValueError: If the model wrote nothing after its reasoning.
    """
    answer = judge_answer(output).strip()
    # Elsewhere, a list is part of a text.
    found = parse_list(answer) if answer.startswith("[") else None
    if found and all(isinstance(item, str) for item in found):
        return [item.strip() for item in found if item.strip()]
    lines = [line.rstrip() for line in answer.split("\n")]
    lines = [line for line in lines if not _RULE.match(line.strip())]
    items = _numbered(lines) or _one_per_line(lines)
    return [item for item in map(without_quotes, items) if item]


def _numbered(lines: list[str]) -> list[str]:
    """Returns the texts with the numbers 1, 2, ...; empty if there are not at least two."""
    starts: list[tuple[int, int]] = []
    for index, line in enumerate(lines):
        found = _NUMBER.match(to_ascii_forms(line))
        if found and int(found[1] or found[2]) == len(starts) + 1:
            starts.append((index, found.end()))
    if len(starts) < 2:
        return []
    ends = [index for index, _ in starts[1:]] + [len(lines)]
    blocks = [
        [lines[index][start:], *lines[index + 1 : end]]
        for (index, start), end in zip(starts, ends, strict=True)
    ]
    if not any(_has_paragraphs(block) for block in blocks[:-1]) and "" in blocks[-1]:
        # A paragraph after the last text, where no other text has two, is a closing remark.
        last = "\n".join(blocks[-1]).strip().split("\n\n")[0]
        blocks[-1] = last.split("\n")
    return [_joined(block) for block in blocks]


def _has_paragraphs(block: list[str]) -> bool:
    return "\n\n" in "\n".join(block).strip()


def _joined(block: list[str]) -> str:
    text = "\n".join(line.strip() for line in block if line.strip())
    # `1. **Name an owl.**`: the whole text in bold.
    whole = re.fullmatch(r"\*\*((?:(?!\*\*).)+)\*\*", text, re.DOTALL)
    return whole[1].strip() if whole else text


def _one_per_line(lines: list[str]) -> list[str]:
    items = [line.strip() for line in lines if line.strip()]
    if len(items) > 1 and _INTRODUCTION.match(items[0]):
        items = items[1:]
    if len(items) > 1 and is_closing_remark(items[-1]):
        items = items[:-1]
    if all(_BULLET.match(item) for item in items):
        items = [_BULLET.sub("", item) for item in items]
    elif len(items) == 1:
        items = [_NUMBER.sub("", item) if _NUMBER.match(item) else item for item in items]
    return [_joined([item]) for item in items]


def is_closing_remark(text: str) -> bool:
    """Returns True if a line or a paragraph is what models add after the answer.

    Args:
        text: Last part of an answer.
    """
    return _CLOSING.match(text) is not None


def without_quotes(text: str) -> str:
    """Removes quotation marks around a whole text.

    Args:
        text: Text without spaces around it.
    """
    closing = _QUOTES.get(text[:1])
    if len(text) > 2 and closing and text.endswith(closing):
        inner = text[1:-1]
        if text[0] not in inner and closing not in inner:
            return inner.strip()
    return text

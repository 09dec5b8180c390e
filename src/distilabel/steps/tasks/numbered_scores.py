"""Parses one score per numbered item, as Deita's scorers ask for them: `[1] Score: 3`."""

from __future__ import annotations

import re
from typing import Any, Final

from distilabel.steps.tasks.answer_fields import judge_answer, read_number, to_ascii_forms
from distilabel.steps.tasks.json_answers import parse_json_object

_BRACKETS: Final = re.compile(r"\[[ \t]*(\d{1,4})[ \t]*\]")
# An item at the start of a line: `1.`, `(1)`, `Question 1:`, `| 1 |`.
_ITEM: Final = re.compile(
    r"^[ \t>*_#`+|\u2022-]*(?:(?P<noun>question|instruction|prompt|query|item|response|answer|text|"
    r"score(?:[ \t]+(?:for|of))?(?:[ \t]+(?:question|instruction|response|answer|text))?)"
    r"[ \t*_]*(?:no\.?|number)?[ \t]*)?[#(]?(?P<number>\d{1,4})(?P<end>[ \t*_]*[.):|\-][ \t*_]*)",
    re.IGNORECASE,
)
_LABEL: Final = re.compile(r"(?<![A-Za-z])score(?:[ \t]+is)?[ \t*_`\"'\])]*", re.IGNORECASE)
_LABELLED: Final = re.compile(r"score\b[ \t*_`\"'\])]*[:=]", re.IGNORECASE)
# `Score - 3` is 3, `Score: -3` and `Score -3` are not.
_DASH: Final = re.compile(r"[ \t]*-[ \t]+")
_SEPARATORS: Final = re.compile(r"[ \t*_`:=|>-]*")


def parse_numbered_scores(output: str, count: int) -> list[float | None]:
    """Parses the scores of numbered items.

    A score belongs to the item whose number stands before it, on the same line or on one above.
    Scores without any number belong to the items in order, if there are as many.

    Args:
        output: Text of the judge.
        count: Number of scored items.

    Returns:
        `count` scores, in the order of the items; None for each that is missing.

    Raises:
        ValueError: If there is nothing after the reasoning of the model.
    """
    numbered: dict[int, float] = {}
    plain: list[float] = []
    current: int | None = None
    for line in to_ascii_forms(judge_answer(output)).split("\n"):
        number, rest = _item_of(line)
        current = current if number is None else number
        score = _score_in(rest, needs_label=number is None)
        if score is None:
            continue
        if current is None:
            plain.append(score)
        else:
            numbered.setdefault(current, score)
    if not numbered:
        return [*plain] if len(plain) == count else [None] * count
    # Some models count from 0.
    first = 0 if 0 in numbered and count not in numbered else 1
    return [numbered.get(first + index) for index in range(count)]


def structured_scores(output: str, count: int) -> list[float | None]:
    """Reads the scores of a structured answer.

    Args:
        output: JSON with a list `scores`.
        count: Number of scored items.

    Returns:
        `count` scores; None for each that is missing or not a number.

    Raises:
        ValueError: If there are more scores than items.
    """
    scores = (parse_json_object(judge_answer(output)) or {}).get("scores")
    scores = scores if isinstance(scores, list) else []
    if len(scores) > count:
        raise ValueError(f"it has {len(scores)} scores for {count} items")
    return [*map(_number, scores), *[None] * (count - len(scores))]


def scores_schema() -> dict[str, Any]:
    """Returns the JSON schema of a structured answer."""
    return {
        "title": "Scores",
        "type": "object",
        "properties": {"scores": {"type": "array", "items": {"type": "integer"}}},
        "required": ["scores"],
        "additionalProperties": False,
    }


def _item_of(line: str) -> tuple[int | None, str]:
    """Returns the number of the item that a line is about, and the rest of the line."""
    brackets = _BRACKETS.search(line)
    # In `Score: [3]`, the brackets hold the score.
    if brackets and not _LABELLED.search(line[: brackets.start()]):
        return int(brackets[1]), line[brackets.end() :]
    if item := _ITEM.match(line):
        rest = line[item.end() :]
        # `1. An owl` may be a list within an explanation.
        if item["noun"] or "|" in item["end"] or _LABEL.search(rest):
            return int(item["number"]), rest
    return None, line


def _score_in(text: str, *, needs_label: bool) -> float | None:
    labels = list(_LABEL.finditer(text))
    if labels:
        return read_number(_without_dash(text[labels[-1].end() :]))
    if needs_label:
        return None
    start = _SEPARATORS.match(text)
    assert start is not None
    return read_number(text[start.end() :]) if not start[0].endswith("-") else None


def _without_dash(text: str) -> str:
    dash = _DASH.match(text)
    return text[dash.end() :] if dash else text


def _number(value: Any) -> float | None:
    if isinstance(value, bool) or not isinstance(value, (int, float, str)):
        return None
    return read_number(value if isinstance(value, str) else repr(value))

"""Scores of numbered items: each under its own number, in any writing."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from typing import Any

import pytest

from distilabel.steps.tasks.numbered_scores import parse_numbered_scores, structured_scores
from judge_variants import NUMBERS, ZEROS, check, check_no_invention, in_script, refuses, wrapped

LINES = [
    "[{i}] Score: {s}",
    "[{i}] score: {s}",
    "[{i}]Score:{s}",
    "[{i}] - Score: {s}",
    "[{i}]: Score: {s}",
    "[{i}] **Score:** {s}",
    "**[{i}]** Score: {s}",
    "**[{i}] Score: {s}**",
    "- [{i}] Score: {s}",
    "* **[{i}]** **Score**: {s}",
    "> [{i}] Score: {s}",
    "`[{i}] Score: {s}`",
    "note [{i}] Score: {s}",
    "[{i}] Score\uff1a{s}",
    "\u3010{i}\u3011Score\uff1a{s}",
    "\uff3b{i}\uff3d Score: {s}",
    "[ {i} ] Score: {s}",
    "[{i}] Score = {s}",
    "[{i}] Score - {s}",
    "[{i}] Score is {s}",
    "[{i}] What are 12 owls? Score: {s}",
    "[{i}] What are 12 owls?\nScore: {s}",
    "### [{i}]\nScore: {s}",
    "[{i}]: {s}",
    "[{i}] {s}",
    "Question [{i}]: Score: {s}",
    "Response {i} - Score: {s}",
    "Question {i}: {s}",
    "Score [{i}]: {s}",
    "Score for [{i}]: {s}",
    "{i}. Score: {s}",
    "{i}) Score: {s}",
    "({i}) Score: {s}",
    "| {i} | {s} |",
    "Score: {s}",
    "**Score:** [{s}]",
]


def answer(line: str, scores: dict[int, Any]) -> str:
    return "\n".join(line.format(i=i, s=s) for i, s in scores.items())


def cases() -> Iterator[tuple[str, Any]]:
    for line in LINES:
        for text in wrapped(answer(line, {1: 3, 2: 1, 3: 4})):
            yield text, [3.0, 1.0, 4.0]
    for line, number in itertools.product(LINES[:6], NUMBERS):
        written = {i: number.format(n=n, m=4) for i, n in ((1, 3), (2, 1), (3, 4))}
        yield answer(line, written), [3.0, 1.0, 4.0]
    for line in LINES:
        if "{i}" in line:
            # Another order, and a missing one: every score stays with its item.
            yield answer(line, {3: 4, 1: 3, 2: 1}), [3.0, 1.0, 4.0]
            yield answer(line, {1: 3, 3: 4}), [3.0, None, 4.0]
            yield answer(line, {0: 3, 1: 1, 2: 4}), [3.0, 1.0, 4.0]
            yield answer(line, {1: 3, 2: 1, 3: 4, 4: 9}), [3.0, 1.0, 4.0]
            for zero in ZEROS:
                yield in_script(answer(line, {1: 3, 2: 1, 3: 4}), zero), [3.0, 1.0, 4.0]
    preamble = "Here are the 3 scores:\n\n{}\n\nI hope this helps!"
    yield preamble.format(answer(LINES[0], {1: 3, 2: 1, 3: 4})), [3.0, 1.0, 4.0]
    yield "[1] Score: 3.5\n[2] Score: 1,5\n[3] Score: 4.0", [3.5, 1.5, 4.0]
    # The first of repeated scores; a score for fewer items without numbers is for none of them.
    yield "[1] Score: 3\n[1] Score: 9\n[2] Score: 1", [3.0, 1.0, None]
    yield "Score: 3\nScore: 1", [None, None, None]


def parse(text: str) -> list[float | None]:
    return parse_numbered_scores(text, 3)


def test_every_writing_of_scores_is_read() -> None:
    check(parse, cases(), at_least=700)


def test_what_is_not_a_score_is_refused() -> None:
    texts = ["", "text", "1. An owl\n2. A hawk\n3. 4 eagles", "[1] Score: none", "[1] Score: -3"]
    texts += [
        "[1] Score: 3-4",
        "[1] Score: high",
        "I give 3 points.",
        "[1] Scored 3",
        "[4] Score: 2",
    ]
    refuses(parse, [*texts, "[1] What about 3 owls?", "Underscore: 3\nx\ny", "[1] Score: 80%"])
    with pytest.raises(ValueError, match="reasoning but no text"):
        parse("<think>[1] Score: 3")


def test_no_score_is_invented() -> None:
    check_no_invention(parse, ["[1] Score: ", "[2] Score: ", "Score: ", "Question 1: "])


def test_scores_in_json() -> None:
    assert structured_scores('{"scores": [2, 1.5, "3/4"]}', 3) == [2.0, 1.5, 3.0]
    assert structured_scores('```json\n{"scores": [2]}\n```', 3) == [2.0, None, None]
    assert structured_scores('{"scores": [true, null, [1]]}', 3) == [None, None, None]
    assert structured_scores("[1] Score: 2", 1) == [None]
    with pytest.raises(ValueError, match="4 scores for 3 items"):
        structured_scores('{"scores": [1, 2, 3, 4]}', 3)

"""Questions are guessed from the columns, and changing one makes a new version."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest

from distilabel.errors import DistilabelUserError
from distilabel.review.answers.questions import (
    Question,
    change_question,
    guess_questions,
    stored_questions,
)
from distilabel.review.answers.review_file import ReviewFile
from distilabel.review.rows.columns import guess_roles


def _names(row: dict[str, Any], labels: list[str] | None = None) -> list[str]:
    roles = guess_roles(pa.Table.from_pylist([row]).schema, [row])
    return [each.name for each in guess_questions(roles, labels or [], [row])]


def test_guesses() -> None:
    two = {"instruction": "i", "generations": ["a", "b"]}
    assert _names(two) == ["choice", "rating"]
    assert _names({**two, "generations": ["a", "b", "c"]}) == ["rating", "choice"]
    assert _names({"prompt": "p", "chosen": "a", "rejected": "b"}) == ["choice"]
    assert _names({"instruction": "i", "generation": "g"}) == ["verdict"]
    assert _names({"text": "t", "label": "x"}, ["x", "y"]) == ["label"]


def test_versions(tmp_path: Path) -> None:
    file = ReviewFile(tmp_path / "r.sqlite")
    guessed = [Question("verdict", "label", ["good", "bad"]), Question("choice", "choice")]
    assert stored_questions(file, 1, guessed) == guessed
    changed = change_question(file, 1, replace(guessed[0], options=["pass", "fail"]))
    assert changed.version == 2
    assert stored_questions(file, 1, []) == [changed, guessed[1]]
    with pytest.raises(DistilabelUserError, match="options must be"):
        change_question(file, 1, replace(guessed[0], options=[]))


def test_values_are_checked() -> None:
    Question("choice", "choice").check(-2, 2)
    Question("label", "label", ["a", "b"]).check(["a", "b"], 1)
    for question, value in [
        (Question("choice", "choice"), 2),
        (Question("rating", "rating", [1, 2, 3]), 4),
        (Question("rating", "rating", [1, 2, 3]), True),
        (Question("label", "label", ["a"]), "b"),
    ]:
        with pytest.raises(DistilabelUserError, match="Possible values"):
            question.check(value, 2)

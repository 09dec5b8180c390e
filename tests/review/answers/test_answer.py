"""What a browser sends is checked before it is stored."""

from __future__ import annotations

from typing import Any

import pytest

from distilabel.errors import DistilabelUserError
from distilabel.review.answers.answer import Answer


@pytest.mark.parametrize(
    ("changes", "error"),
    [
        ({"id": ""}, "id must be a text"),
        ({"uid": "x" * 65}, "uid must be a text"),
        ({"uid": 3}, "uid must be a text"),
        ({"status": "gone"}, "status must be one of"),
        ({"question": "note", "value": 3}, "note must be a text"),
        ({"question": "note", "value": "x" * 1_000_001}, "note must be a text"),
        ({"question": "edit", "value": "text"}, "edit must be a text"),
        ({"question": "codes", "value": ["x"]}, "codes must be a list of numbers"),
    ],
)
def test_malformed_answers_are_refused(changes: dict[str, Any], error: str) -> None:
    given = {"id": "1", "uid": "u", "question": "choice", "value": 0, **changes}
    with pytest.raises(DistilabelUserError, match=error):
        Answer(**given).check()


def test_well_formed_answers_pass() -> None:
    Answer("1", "u", "choice", 0).check()
    Answer("2", "u", "edit", {"text": "new", "base": None}, unit="0").check()
    Answer("3", "u", "codes", [1, 2]).check()
    Answer("4", "u", "note", None, status="cleared").check()

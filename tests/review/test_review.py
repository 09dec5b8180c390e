"""Answers find their rows again in the background while people go on."""

from __future__ import annotations

from pathlib import Path

import pytest

from distilabel.errors import DistilabelUserError
from distilabel.review.review import Review
from reviewing import Desk, in_memory, preference_rows


def test_rows_in_another_order_are_matched_in_the_background(tmp_path: Path) -> None:
    rows = preference_rows(30)
    path = tmp_path / "r.sqlite"
    desk = Desk(path, in_memory(rows))
    uid = desk.ids.bind({3: rows[3]})[3]
    desk.answer(uid, 0)
    desk.file.close()
    review = Review([in_memory(rows[::-1], "2")], path)
    review.start()
    assert review._matching is not None
    review._matching.join()
    assert review.table("").positions("is", "reviewed") == [26]
    assert not review.is_matching
    review.close()


def test_an_unknown_source_is_an_error(tmp_path: Path) -> None:
    review = Review([in_memory(preference_rows(3))], tmp_path / "r.sqlite")
    with pytest.raises(DistilabelUserError, match="no source 'x'"):
        review.table("x")
    review.close()

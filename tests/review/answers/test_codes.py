"""Codes are added once, renamed, and merged without touching answers."""

from __future__ import annotations

from pathlib import Path

import pytest

from distilabel.errors import DistilabelUserError
from distilabel.review.answers.codes import Codebook
from distilabel.review.answers.review_file import ReviewFile


def test_adding_renaming_and_merging(tmp_path: Path) -> None:
    book = Codebook(ReviewFile(tmp_path / "r.sqlite"))
    rude, cold = book.add(" too  rude "), book.add("cold", "No warmth.")
    assert book.add("too rude") == rude
    book.rename(rude.id, "rude", "Insults.")
    book.merge(cold.id, rude.id)
    assert [(c.name, c.description) for c in book.all()] == [("rude", "Insults.")]
    assert book.names() == {rude.id: "rude", cold.id: "rude"}


def test_errors(tmp_path: Path) -> None:
    book = Codebook(ReviewFile(tmp_path / "r.sqlite"))
    one, other = book.add("one"), book.add("other")
    with pytest.raises(DistilabelUserError, match="already"):
        book.rename(one.id, "other", "")
    for into in (one.id, 99):
        with pytest.raises(DistilabelUserError, match="two different codes"):
            book.merge(one.id, into)
    for name in ("", "x" * 61):
        with pytest.raises(DistilabelUserError, match="1 to 60 characters"):
            book.add(name)
    assert other in book.all()

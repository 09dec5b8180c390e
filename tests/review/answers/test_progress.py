"""What people did is known without reading all answers again."""

from __future__ import annotations

from pathlib import Path

from distilabel.review.answers.progress import Progress
from reviewing import Desk, in_memory, preference_rows


def _desk(tmp_path: Path) -> Desk:
    return Desk(tmp_path / "r.sqlite", in_memory(preference_rows(5)))


def test_deciding_putting_off_and_taking_back(tmp_path: Path) -> None:
    desk = _desk(tmp_path)
    desk.answer("a", 0)
    desk.answer("b", None, question="row", status="later")
    desk.answer("c", "a note", question="note")
    assert list(desk.progress.decided("ada")) == ["a"]
    assert desk.progress.later("ada") == {"b"}
    desk.answer("a", None, status="cleared")
    desk.answer("b", 1)
    assert list(desk.progress.decided("ada")) == ["b"]
    assert desk.progress.later("ada") == set()
    # As a new process reads it.
    read = Progress(desk.log)
    assert list(read.decided("ada")) == ["b"]
    assert read.annotators == ["ada"]


def test_rows_by_what_was_said_about_them(tmp_path: Path) -> None:
    desk = _desk(tmp_path)
    desk.answer("a", 0, judge=0)
    desk.answer("a", 1, annotator="bob", judge=0)
    desk.answer("b", -1)
    desk.answer("b", True, question="flag")
    desk.answer("c", "hm", question="note")
    desk.answer("c", [3], question="codes")
    having = desk.progress.having
    assert having("is", "reviewed") == {"a", "b"}
    assert having("is", "mixed") == {"a"}
    assert having("is", "overruled") == {"a"}
    assert having("is", "flagged") == {"b"}
    assert having("is", "noted") == having("code", "3") == {"c"}
    assert having("by", "bob") == {"a"}
    assert having("answer", "choice=-1") == {"b"}
    assert having("nothing", "x") == having("is", "nothing") == set()

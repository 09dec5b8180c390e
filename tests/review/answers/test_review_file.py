"""The file is private, refuses other files, and keeps what a source was the first time."""

from __future__ import annotations

import sqlite3
from pathlib import Path

import pytest

from distilabel.errors import DistilabelUserError
from distilabel.review.answers.review_file import ReviewFile


def test_the_file_and_its_folder_are_for_this_user_alone(tmp_path: Path) -> None:
    path = tmp_path / "new" / "review.sqlite"
    ReviewFile(path).close()
    assert path.stat().st_mode & 0o077 == 0
    assert path.parent.stat().st_mode & 0o077 == 0


def test_another_sqlite_file_is_refused_and_left_alone(tmp_path: Path) -> None:
    path = tmp_path / "other.sqlite"
    with sqlite3.connect(path) as connection:
        connection.execute("CREATE TABLE mine (x)")
    with pytest.raises(DistilabelUserError, match="not one of a review"):
        ReviewFile(path)
    with sqlite3.connect(path) as connection:
        assert [row[0] for row in connection.execute("SELECT name FROM sqlite_master")] == ["mine"]


def test_a_file_that_is_no_database_is_an_error(tmp_path: Path) -> None:
    path = tmp_path / "text"
    path.write_text("not a database, but a text that is long enough to look like one" * 20)
    with pytest.raises(DistilabelUserError, match="Answers cannot be stored in"):
        ReviewFile(path)


def test_a_later_version_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "review.sqlite"
    ReviewFile(path).close()
    with sqlite3.connect(path) as connection:
        connection.execute("PRAGMA user_version=9")
    with pytest.raises(DistilabelUserError, match="Upgrade distilabel"):
        ReviewFile(path)


def test_a_source_keeps_its_columns_and_notices_other_rows(tmp_path: Path) -> None:
    file = ReviewFile(tmp_path / "review.sqlite")
    source = file.source("a", "1", ("x",))
    source.settings["per_row"] = 2
    file.save_settings(source)
    again = file.source("a", "1", ("x", "y"))
    assert (again.id, again.shown, again.settings) == (source.id, ("x",), {"per_row": 2})
    assert not again.changed
    assert file.source("a", "2", ("x",)).changed
    assert file.sources() == {"a": (source.id, ("x",))}


def test_a_failed_transaction_leaves_nothing(tmp_path: Path) -> None:
    file = ReviewFile(tmp_path / "review.sqlite")

    def fail() -> None:
        with file.transaction() as connection:
            connection.execute("INSERT INTO annotator VALUES ('ada', 0)")
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        fail()
    assert file.connection.execute("SELECT count(*) FROM annotator").fetchone() == (0,)

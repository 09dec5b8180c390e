"""A file that is damaged or of another time costs as little as can be."""

from __future__ import annotations

import asyncio
import logging
import os
import shutil
import sqlite3
from pathlib import Path

import pytest

from distilabel._engine.storage import sqlite_file
from distilabel._engine.storage.answer_store import Store
from distilabel._engine.storage.sqlite_file import (
    count_answers,
    is_damage,
    mark_as_damaged,
    open_store,
)
from distilabel.errors import StoreError


def filled(path: Path, count: int = 300) -> None:
    connection = open_store(path)
    rows = [(b"%016d" % i, b"x" * 3000) for i in range(count)]
    connection.executemany("INSERT INTO kept (key, value) VALUES (?, ?)", rows)
    connection.close()


def damage(path: Path, share: float) -> None:
    with path.open("r+b") as file:
        file.seek(int(path.stat().st_size * share) // 4096 * 4096)
        file.write(b"\xa5" * 10 * 4096)


def count(connection: sqlite3.Connection) -> int:
    (number,) = connection.execute("SELECT count(*) FROM kept NOT INDEXED").fetchone()
    return int(number)


@pytest.mark.parametrize("share", [0.2, 0.5, 0.8])
def test_what_is_on_both_sides_of_the_damage_is_taken_over(
    share: float, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    path = tmp_path / "s.sqlite"
    filled(path)
    damage(path, share)
    mark_as_damaged(path)
    with caplog.at_level(logging.WARNING):
        connection = open_store(path)
    saved = count(connection)
    connection.close()
    assert 280 <= saved < 300
    assert f"with the {saved} answers that could be read" in caplog.text
    (aside,) = tmp_path.glob("s.broken-*.sqlite")
    assert aside.name in caplog.text
    assert not list(tmp_path.glob("*-damaged"))


def test_a_file_that_is_whole_is_not_set_aside(tmp_path: Path) -> None:
    filled(tmp_path / "s.sqlite", 3)
    connection = open_store(tmp_path / "s.sqlite")
    assert count(connection) == 3
    connection.close()
    assert list(tmp_path.glob("*broken*")) == []


def test_damage_is_told_from_what_passes() -> None:
    with pytest.raises(sqlite3.Error) as caught:
        sqlite3.connect("file:/nowhere/at/all?mode=ro", uri=True)
    assert not is_damage(caught.value)
    assert not is_damage(ValueError("x"))


def test_a_file_from_before_versions_is_used(tmp_path: Path) -> None:
    path = tmp_path / "s.sqlite"
    filled(path, 3)
    with sqlite3.connect(path) as old:
        old.execute("PRAGMA user_version=0")
    old.close()
    connection = open_store(path)
    assert count(connection) == 3
    assert connection.execute("PRAGMA user_version").fetchone() == (sqlite_file.VERSION,)
    connection.close()


def test_a_file_of_a_later_version_is_left_as_it_is(tmp_path: Path) -> None:
    path = tmp_path / "s.sqlite"
    with sqlite3.connect(path) as later:
        later.execute(f"PRAGMA user_version={sqlite_file.VERSION + 1}")
    later.close()
    before = path.read_bytes()
    with pytest.raises(StoreError, match="later version"):
        open_store(path)
    assert path.read_bytes() == before
    assert [file.name for file in tmp_path.iterdir()] == ["s.sqlite"]


def test_the_journal_of_a_damaged_file_goes_with_it(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """It has the last answers, and must not be applied to the new file."""
    path, copy = tmp_path / "s.sqlite", tmp_path / "copy" / "s.sqlite"
    copy.parent.mkdir()
    connection = open_store(path)
    rows = [(b"%016d" % i, b"x" * 3000) for i in range(50)]
    connection.executemany("INSERT INTO kept (key, value) VALUES (?, ?)", rows)
    # As a killed process leaves them: the answers are in the journal only.
    for end in ("", "-wal"):
        shutil.copy(f"{path}{end}", f"{copy}{end}")
    connection.close()
    journal = (copy.parent / "s.sqlite-wal").read_bytes()
    assert len(journal) > 50 * 3000
    mark_as_damaged(copy)
    with caplog.at_level(logging.WARNING):
        connection = open_store(copy)
    assert count(connection) == 50
    assert connection.execute("PRAGMA integrity_check").fetchone() == ("ok",)
    connection.close()
    assert "with the 50 answers that could be read" in caplog.text


# -- damage to the first page: the header and the schema ------------------------------------------


@pytest.mark.parametrize(
    ("position", "bit"),
    [
        (0, 0),
        (16, 5),
        # A format for writing that only allows reading.
        (18, 3),
        # The number of pages.
        (31, 2),
        # The format of the schema, the encoding of texts, the version.
        (47, 4),
        (59, 1),
        (63, 6),
        # The number of entries in the schema: without any, the file looks new.
        (104, 1),
        # Where the table begins; letters of its schema that are no text then.
        (3957, 3),
        (3979, 7),
        (4000, 2),
        (4087, 3),
    ],
)
def test_damage_to_the_header_or_the_schema_costs_no_answer(
    position: int, bit: int, tmp_path: Path
) -> None:
    path = tmp_path / "s.sqlite"
    store = Store(path)
    keys = [b"%016d" % i for i in range(100)]
    for key in keys:
        store.put_later(key, b"value " * 30)
    store.close()
    damaged = bytearray(path.read_bytes())
    damaged[position] ^= 1 << bit
    path.write_bytes(damaged)

    def use() -> list[bytes | None]:
        store = Store(path)
        try:
            asyncio.run(store.put(b"new", b"v"))
            return [store.get(key) for key in keys]
        finally:
            store.close()

    try:
        found = use()
    except StoreError:
        # What shows only while the file is used is mended by the next run.
        found = use()
    assert found == [b"value " * 30] * 100
    for aside in tmp_path.glob("*.broken-*.sqlite"):
        assert aside.read_bytes() == damaged


def test_a_schema_that_is_missing_from_a_file_with_pages_is_damage(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    path = tmp_path / "s.sqlite"
    filled(path, 50)
    with sqlite3.connect(path, isolation_level=None) as connection:
        connection.execute("PRAGMA writable_schema=ON")
        connection.execute("UPDATE sqlite_master SET sql = replace(sql, 'value', 'valve')")
    connection.close()
    opened = open_store(path)
    assert count(opened) == 50
    opened.close()
    assert "is damaged (" in caplog.text


# -- rights ---------------------------------------------------------------------------------------


def mode(path: Path) -> int:
    return path.stat().st_mode & 0o777


def test_stored_answers_are_the_user_s_alone(tmp_path: Path) -> None:
    before = os.umask(0o022)
    try:
        path = tmp_path / "deep" / "deeper" / "s.sqlite"
        store = Store(path)
        store.put_later(b"k", b"v")
        assert mode(tmp_path / "deep") == mode(tmp_path / "deep" / "deeper") == 0o700
        for file in path.parent.iterdir():
            assert mode(file) == 0o600, file
        store.close()
    finally:
        os.umask(before)


def test_the_size_of_a_store_includes_what_its_log_holds(tmp_path: Path) -> None:
    path = tmp_path / "s.sqlite"
    assert count_answers(path) == (0, 0)
    store = Store(path)
    asyncio.run(store.put(b"k" * 16, b"v" * 50_000))
    count, size = count_answers(path)
    store.close()
    assert (count, size > 50_000) == (1, True)


@pytest.mark.parametrize(("before", "after"), [(0o644, 0o600), (0o660, 0o660), (0o664, 0o664)])
def test_an_older_file_is_closed_to_others_unless_they_may_write(
    before: int, after: int, tmp_path: Path
) -> None:
    path = tmp_path / "s.sqlite"
    filled(path, 3)
    path.chmod(before)
    open_store(path).close()
    assert mode(path) == after

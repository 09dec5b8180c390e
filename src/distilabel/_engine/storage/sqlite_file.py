"""The file of the store: how it is opened, its version, and what is saved of a damaged one.

Knows SQLite and the one table; not who reads or writes it. A change of the table is a new version.
"""

from __future__ import annotations

import contextlib
import logging
import sqlite3
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from distilabel.errors import StoreError

VERSION: Final = 1
_SCHEMA: Final = (
    "CREATE TABLE IF NOT EXISTS kept ("
    "id INTEGER PRIMARY KEY, key BLOB NOT NULL UNIQUE, value BLOB NOT NULL)"
)
# Seconds to wait for others who write to the file.
_PATIENCE: Final = 60.0
_DAMAGE: Final = (sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB)
_ELSEWHERE: Final = "keep them elsewhere (Pipeline(cache_dir=...) or DISTILABEL_CACHE_DIR)."

_log = logging.getLogger("distilabel.store")


def opened(path: Path) -> sqlite3.Connection:
    """Opens the file; one that is damaged is set aside, and what can be read of it taken over.

    Args:
        path: of the file; it and its folder are made if they are not there.

    Raises:
        StoreError: it cannot be made or opened, or is of a later version.
    """
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        damaged = _mark(path)
        with contextlib.suppress(FileNotFoundError):
            # Of those who come together, one finds it.
            damaged.unlink()
            return _begun_anew(path, "it is damaged")
        try:
            return connected(path)
        except sqlite3.DatabaseError as error:
            if not is_damage(error):
                raise
            return _begun_anew(path, str(error))
    except (OSError, sqlite3.Error) as error:
        raise StoreError(
            f"Answers cannot be kept in {path}: {error}. Free space or allow writing there, or "
            f"{_ELSEWHERE}"
        ) from error


def connected(path: Path) -> sqlite3.Connection:
    """A connection to the file.

    Raises:
        sqlite3.Error: it cannot be opened.
        StoreError: it is of a later version.
    """
    connection = sqlite3.connect(
        path, timeout=_PATIENCE, isolation_level=None, check_same_thread=False
    )
    try:
        version = int(connection.execute("PRAGMA user_version").fetchone()[0])
        if version > VERSION:
            raise StoreError(
                f"The answers in {path} were kept by a later version of distilabel, in a form this "
                f"one does not know ({version}, not {VERSION}). Upgrade distilabel, or {_ELSEWHERE}"
            )
        _keep_a_journal(connection)
        # A power cut may lose the last moments, a killed process loses nothing.
        connection.execute("PRAGMA synchronous=NORMAL")
        connection.execute("PRAGMA cache_size=-16000")
        connection.execute("PRAGMA mmap_size=1073741824")
        # Moving the journal into the file waits for the disk, and every answer with it.
        connection.execute("PRAGMA wal_autocheckpoint=16000")
        connection.execute(_SCHEMA)
        if version < VERSION:
            connection.execute(f"PRAGMA user_version={VERSION}")
    except BaseException:
        connection.close()
        raise
    return connection


def answers_in(path: Path) -> tuple[int, int]:
    """How much a store holds, without making one.

    Args:
        path: of the file.

    Returns:
        The number of values and the bytes of the file with its journal; zeros if there is none.

    Raises:
        StoreError: the file cannot be read.
    """
    if not path.exists():
        return 0, 0
    journal = path.with_name(f"{path.name}-wal")
    size = sum(file.stat().st_size for file in (path, journal) if file.exists())
    try:
        with contextlib.closing(sqlite3.connect(f"{path.as_uri()}?mode=ro", uri=True)) as store:
            return int(store.execute("SELECT count(*) FROM kept").fetchone()[0]), size
    except sqlite3.Error as error:
        raise StoreError(f"{path} cannot be read: {error}.") from error


def is_damage(error: Exception) -> bool:
    """Whether an error says that the file itself is broken."""
    code = getattr(error, "sqlite_errorcode", None)
    return code is not None and code & 0xFF in _DAMAGE


def mark_as_damaged(path: Path) -> None:
    """Has the next one who opens the file set it aside; those who use it now cannot."""
    with contextlib.suppress(OSError):
        _mark(path).touch()


def _mark(path: Path) -> Path:
    return path.with_name(path.name + "-damaged")


def _begun_anew(path: Path, why: str) -> sqlite3.Connection:
    aside = path.with_suffix(f".broken-{int(time.time())}{path.suffix}")
    # What belongs to a file goes with it: an old journal must not meet a new file.
    for end in ("", "-wal", "-shm"):
        with contextlib.suppress(FileNotFoundError):
            path.with_name(path.name + end).rename(aside.with_name(aside.name + end))
    connection = connected(path)
    count = 0
    for key, value in _readable(aside):
        if not connection.in_transaction:
            connection.execute("BEGIN IMMEDIATE")
        connection.execute("INSERT OR IGNORE INTO kept (key, value) VALUES (?, ?)", (key, value))
        count += 1
    if connection.in_transaction:
        connection.execute("COMMIT")
    _log.warning(
        "the store %s cannot be read (%s). It is kept as %s and a new one is begun%s",
        path,
        why,
        aside.name,
        f", with the {count:,} answers that could be read" if count else "",
    )
    return connection


def _readable(path: Path) -> Iterator[tuple[bytes, bytes]]:
    """What can be read of a damaged file: from both ends, up to the damage."""
    connection = sqlite3.connect(path)
    last = -1
    try:
        # From the table and not by its index, which is the larger part of what can break.
        with contextlib.suppress(sqlite3.DatabaseError):
            for last, key, value in connection.execute(  # noqa: B007 (it is where it stops)
                "SELECT id, key, value FROM kept NOT INDEXED ORDER BY id"
            ):
                yield key, value
            return
        with contextlib.suppress(sqlite3.DatabaseError):
            for number, key, value in connection.execute(
                "SELECT id, key, value FROM kept NOT INDEXED ORDER BY id DESC"
            ):
                if number <= last:
                    return
                yield key, value
    finally:
        connection.close()


def _keep_a_journal(connection: sqlite3.Connection) -> None:
    """Has the file keep a journal; of those who open a new one together, one is first."""
    until = time.monotonic() + _PATIENCE
    while True:
        try:
            connection.execute("PRAGMA journal_mode=WAL")
            return
        except sqlite3.OperationalError as error:
            # Here SQLite refuses at once, whatever its timeout.
            if "locked" not in str(error) or time.monotonic() > until:
                raise
            time.sleep(0.005)

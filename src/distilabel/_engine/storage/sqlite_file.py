"""Opens the SQLite file of the answer store, checks its version, and salvages a damaged file.

Knows SQLite and the one table. A change of the table is a new version.
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
# Seconds to wait for other processes that write to the file.
_TIMEOUT: Final = 60.0
_DAMAGE: Final = (sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB)
_ELSEWHERE: Final = "choose another folder (Pipeline(cache_dir=...) or DISTILABEL_CACHE_DIR)."

_log = logging.getLogger("distilabel.store")


def open_store(path: Path) -> sqlite3.Connection:
    """Opens the file. A damaged file is set aside and its readable values are copied.

    Args:
        path: Path of the file; it and its folder are created if missing.

    Raises:
        StoreError: It cannot be created or opened, or a later version wrote it.
    """
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        damaged = _mark(path)
        with contextlib.suppress(FileNotFoundError):
            # Of several processes that open it at once, one finds the mark.
            damaged.unlink()
            return _replace_damaged(path, "it is damaged")
        try:
            return connect(path)
        except sqlite3.DatabaseError as error:
            if not is_damage(error):
                raise
            return _replace_damaged(path, str(error))
    except (OSError, sqlite3.Error) as error:
        raise StoreError(
            f"Answers cannot be stored in {path}: {error}. Free disk space, make the folder "
            f"writable, or {_ELSEWHERE}"
        ) from error


def connect(path: Path) -> sqlite3.Connection:
    """Opens a connection to the file and creates the table if needed.

    Raises:
        sqlite3.Error: The file cannot be opened.
        StoreError: A later version wrote it.
    """
    connection = sqlite3.connect(
        path, timeout=_TIMEOUT, isolation_level=None, check_same_thread=False
    )
    try:
        version = int(connection.execute("PRAGMA user_version").fetchone()[0])
        if version > VERSION:
            raise StoreError(
                f"The answers in {path} were written by a later version of distilabel (format "
                f"{version}; this one reads {VERSION}). Upgrade distilabel, or {_ELSEWHERE}"
            )
        _use_write_ahead_log(connection)
        # A power cut may lose the last moments; a killed process loses nothing.
        connection.execute("PRAGMA synchronous=NORMAL")
        connection.execute("PRAGMA cache_size=-16000")
        connection.execute("PRAGMA mmap_size=1073741824")
        # A checkpoint waits for the disk, and every answer waits for it.
        connection.execute("PRAGMA wal_autocheckpoint=16000")
        connection.execute(_SCHEMA)
        if version < VERSION:
            connection.execute(f"PRAGMA user_version={VERSION}")
    except BaseException:
        connection.close()
        raise
    return connection


def count_answers(path: Path) -> tuple[int, int]:
    """Returns how much a store holds, without creating one.

    Args:
        path: Path of the file.

    Returns:
        The number of values, and the size in bytes with the write-ahead log; zeros if it is
        missing.

    Raises:
        StoreError: The file cannot be read.
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
    """True if an error means that the file itself is damaged."""
    code = getattr(error, "sqlite_errorcode", None)
    return code is not None and code & 0xFF in _DAMAGE


def mark_as_damaged(path: Path) -> None:
    """Marks the file so that the next `open_store` replaces it; open connections cannot."""
    with contextlib.suppress(OSError):
        _mark(path).touch()


def _mark(path: Path) -> Path:
    return path.with_name(path.name + "-damaged")


def _replace_damaged(path: Path, reason: str) -> sqlite3.Connection:
    aside = path.with_suffix(f".broken-{int(time.time())}{path.suffix}")
    # The log goes with its file: an old log must not be applied to a new file.
    for end in ("", "-wal", "-shm"):
        with contextlib.suppress(FileNotFoundError):
            path.with_name(path.name + end).rename(aside.with_name(aside.name + end))
    connection = connect(path)
    count = 0
    for key, value in _readable_values(aside):
        if not connection.in_transaction:
            connection.execute("BEGIN IMMEDIATE")
        connection.execute("INSERT OR IGNORE INTO kept (key, value) VALUES (?, ?)", (key, value))
        count += 1
    if connection.in_transaction:
        connection.execute("COMMIT")
    _log.warning(
        "the answer store %s is damaged (%s). It was renamed to %s and replaced by a new one%s",
        path,
        reason,
        aside.name,
        f" with the {count:,} answers that could be read" if count else "",
    )
    return connection


def _readable_values(path: Path) -> Iterator[tuple[bytes, bytes]]:
    """Reads a damaged file from both ends, up to the damage."""
    connection = sqlite3.connect(path)
    last = -1
    try:
        # The table, not the index: most of the pages that can be damaged are index pages.
        with contextlib.suppress(sqlite3.DatabaseError):
            for last, key, value in connection.execute(  # noqa: B007 (the id at which it stops)
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


def _use_write_ahead_log(connection: sqlite3.Connection) -> None:
    """Turns on the write-ahead log, waiting for other processes that open the same new file."""
    until = time.monotonic() + _TIMEOUT
    while True:
        try:
            connection.execute("PRAGMA journal_mode=WAL")
            return
        except sqlite3.OperationalError as error:
            # SQLite ignores its timeout here.
            if "locked" not in str(error) or time.monotonic() > until:
                raise
            time.sleep(0.005)

"""Opens the SQLite file of the answer store, checks its version, and salvages a damaged file.

Knows SQLite and the one table. A change of the table is a new version.
"""

from __future__ import annotations

import contextlib
import logging
import os
import sqlite3
import time
from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import BinaryIO, Final

from distilabel.errors import StoreError

VERSION: Final = 2
_SCHEMA: Final = (
    "CREATE TABLE kept (id INTEGER PRIMARY KEY, key BLOB NOT NULL UNIQUE, value BLOB NOT NULL)"
)
# No version is as high: a file that states a higher one is damaged.
_MOST_VERSIONS: Final = 50
_PAGE: Final = 4096
# The schema, and the roots of the table and of its index.
_FEWEST_PAGES: Final = 3
# Seconds to wait for other processes that write to the file.
_TIMEOUT: Final = 60.0
_DAMAGE: Final = (sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB)
_ELSEWHERE: Final = "choose another folder (Pipeline(cache_dir=...) or DISTILABEL_CACHE_DIR)."

_log = logging.getLogger("distilabel.store")


class DamagedFileError(sqlite3.DatabaseError):
    """Raised for a file that SQLite opens although its schema is damaged."""


def open_store(path: Path) -> sqlite3.Connection:
    """Opens the file. A damaged file is set aside and its readable values are copied.

    Args:
        path: Path of the file; it and its folder are created if missing.

    Raises:
        StoreError: It cannot be created or opened, or a later version wrote it.
    """
    try:
        make_private(path)
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
        if version > _MOST_VERSIONS:
            raise DamagedFileError(f"its version is {version}")
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
        _create_table(connection)
        if version < VERSION:
            connection.execute(f"PRAGMA user_version={VERSION}")
    except (UnicodeDecodeError, sqlite3.OperationalError) as error:
        connection.close()
        # A damaged schema that is not text, a table without its columns, an unknown format of the
        # file. Other errors, such as a full disk, have codes of their own.
        if getattr(error, "sqlite_errorcode", sqlite3.SQLITE_ERROR) != sqlite3.SQLITE_ERROR:
            raise
        raise DamagedFileError(f"its schema cannot be read: {error}") from error
    except BaseException:
        connection.close()
        raise
    return connection


def rewrite(open_file: sqlite3.Connection, path: Path) -> tuple[sqlite3.Connection, int]:
    """Writes a file again that was removed while it was open.

    Args:
        open_file: The last connection to the removed file; it is closed.
        path: Path of the file.

    Returns:
        A connection to the new file, and the number of its values.

    Raises:
        StoreError: It cannot be written.
    """
    try:
        make_private(path)
        copy = path.with_name(f"{path.name}-copy")
        with contextlib.closing(sqlite3.connect(copy)) as target:
            copy.chmod(0o600)
            open_file.backup(target)
        # SQLite removes the log of the file that it closes by name: before there is a new one.
        open_file.close()
        copy.replace(path)
        connection = connect(path)
        count = int(connection.execute("SELECT count(*) FROM kept").fetchone()[0])
    except (OSError, sqlite3.Error) as error:
        raise StoreError(
            f"{path} was removed during the run and cannot be written again: {error}. Make the "
            f"folder writable, or {_ELSEWHERE}"
        ) from error
    return connection, count


def make_private(path: Path) -> None:
    """Creates the file and its folder, if missing, so that only the user can read them.

    A file of an earlier version loses the rights of others to read it, unless they may write to it,
    as in a folder that a team shares.

    Args:
        path: Path of the file.
    """
    missing = []
    for folder in path.absolute().parents:
        if folder.exists():
            break
        missing.append(folder)
    for folder in reversed(missing):
        folder.mkdir(mode=0o700, exist_ok=True)
    try:
        os.close(os.open(path, os.O_RDWR | os.O_CREAT | os.O_EXCL, 0o600))
    except FileExistsError:
        # It is not opened here: closing it would release the locks of other connections to it.
        mode = path.stat().st_mode & 0o777
        if mode & 0o077 and not mode & 0o022:
            with contextlib.suppress(OSError):
                path.chmod(0o600)


def _create_table(connection: sqlite3.Connection) -> None:
    """Creates the table of a new file, and checks that of an older one."""

    def schema() -> list[tuple[str]]:
        return connection.execute("SELECT sql FROM sqlite_master WHERE sql NOT NULL").fetchall()

    pages = int(connection.execute("PRAGMA page_count").fetchone()[0])
    found = schema()
    if not found and pages < _FEWEST_PAGES:
        with contextlib.suppress(sqlite3.OperationalError):
            # Another process may create it at the same moment.
            connection.execute(_SCHEMA)
        found = schema()
    if (_SCHEMA,) not in found:
        raise DamagedFileError("its table is not the one that was created")
    connection.execute("SELECT id, key, value FROM kept NOT INDEXED LIMIT 1").fetchone()


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
    if isinstance(error, DamagedFileError):
        return True
    code = getattr(error, "sqlite_errorcode", None)
    return code is not None and code & 0xFF in _DAMAGE


def is_read_only_header(error: Exception, path: Path) -> bool:
    """True if a file cannot be written although its rights allow it: its header is damaged."""
    code = getattr(error, "sqlite_errorcode", None)
    return code == sqlite3.SQLITE_READONLY and os.access(path, os.W_OK)


def mark_as_damaged(path: Path) -> None:
    """Marks the file so that the next `open_store` replaces it; open connections cannot."""
    with contextlib.suppress(OSError):
        _mark(path).touch(mode=0o600)


def _mark(path: Path) -> Path:
    return path.with_name(path.name + "-damaged")


def _replace_damaged(path: Path, reason: str) -> sqlite3.Connection:
    aside = path.with_suffix(f".broken-{int(time.time())}{path.suffix}")
    # The log goes with its file: an old log must not be applied to a new file.
    for end in ("", "-wal", "-shm"):
        with contextlib.suppress(FileNotFoundError):
            path.with_name(path.name + end).rename(aside.with_name(aside.name + end))
    make_private(path)
    connection = connect(path)
    _copy_readable(aside, connection)
    with _sound_first_page(aside):
        _copy_readable(aside, connection)
    count = int(connection.execute("SELECT count(*) FROM kept").fetchone()[0])
    _log.warning(
        "the answer store %s is damaged (%s). It was renamed to %s and replaced by a new one%s",
        path,
        reason,
        aside.name,
        f" with the {count:,} answers that could be read" if count else "",
    )
    return connection


def _copy_readable(path: Path, store: sqlite3.Connection) -> None:
    for key, value in _readable_values(path):
        if not store.in_transaction:
            store.execute("BEGIN IMMEDIATE")
        store.execute("INSERT OR IGNORE INTO kept (key, value) VALUES (?, ?)", (key, value))
    if store.in_transaction:
        store.execute("COMMIT")


@contextlib.contextmanager
def _sound_first_page(path: Path) -> Iterator[None]:
    """Gives a damaged file the first page of a sound one while it is read.

    It holds the header and the schema, which are the same in every store; without them nothing can
    be read, however small the damage.

    Args:
        path: Path of the damaged file.
    """
    pages, rest = divmod(path.stat().st_size, _PAGE)
    if rest or pages < _FEWEST_PAGES:
        yield
        return
    with TemporaryDirectory() as folder:
        sound = Path(folder) / path.name
        connect(sound).close()
        page = bytearray(sound.read_bytes()[:_PAGE])
    page[28:32] = pages.to_bytes(4, "big")
    # No free pages: nothing is written to this file.
    page[32:40] = bytes(8)
    with path.open("r+b") as file:
        before = file.read(_PAGE)
        _overwrite(file, bytes(page))
        try:
            yield
        finally:
            _overwrite(file, before)


def _overwrite(file: BinaryIO, page: bytes) -> None:
    file.seek(0)
    file.write(page)
    file.flush()


def _readable_values(path: Path) -> Iterator[tuple[bytes, bytes]]:
    """Reads a damaged file from both ends, up to the damage."""
    connection = sqlite3.connect(path)
    last = -1
    try:
        # The table, not the index: most of the pages that can be damaged are index pages.
        with contextlib.suppress(sqlite3.DatabaseError, UnicodeDecodeError):
            for last, key, value in connection.execute(  # noqa: B007 (the id at which it stops)
                "SELECT id, key, value FROM kept NOT INDEXED ORDER BY id"
            ):
                yield key, value
            return
        with contextlib.suppress(sqlite3.DatabaseError, UnicodeDecodeError):
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

"""Stores answers and step outputs in one SQLite file per cache directory.

Keys are digests, values are bytes. One thread writes, in groups; a value survives the process as
soon as `put` returns. Knows nothing of what the values mean.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import queue
import sqlite3
import threading
from pathlib import Path
from typing import Final

from distilabel._engine.storage.checksum import with_checksum, without_checksum
from distilabel._engine.storage.key_locks import FileKeyLocks
from distilabel._engine.storage.sqlite_file import (
    connect,
    is_damage,
    is_read_only_header,
    mark_as_damaged,
    open_store,
    rewrite,
)
from distilabel.errors import StoreError

# A larger group saves little; a smaller one makes every answer wait for its own commit.
_GROUP: Final = 500
_GROUP_SECONDS: Final = 0.002
# Unwritten values beyond which `put_later` blocks its thread.
_MOST_UNWRITTEN: Final = 2000
# Keys kept in memory so that a store that began empty is not queried; beyond this, memory matters
# more.
_MOST_REMEMBERED: Final = 200_000

_LOCK_NUMBERS: Final = 2**62 - 1

_log = logging.getLogger("distilabel.store")
# Key, value, and what is notified when it is written: a future, or the semaphore of `put_later`.
_Put = tuple[bytes, bytes, "asyncio.Future[None] | threading.Semaphore | None"]


class Store:
    """Stores bytes by digest, in a file that several processes may share.

    Args:
        path: Path of the file; it and its folder are created if missing.

    Attributes:
        held_before: True if the store was not empty when it was opened.

    Raises:
        StoreError: The file cannot be created or opened.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        # Held while reading: a connection must not be closed under a thread that reads.
        self._read_lock = threading.Lock()
        self._queue_lock = threading.Lock()
        self._groups: dict[asyncio.AbstractEventLoop, list[_Put]] = {}
        self._queue: queue.SimpleQueue[list[_Put] | None] = queue.SimpleQueue()
        self._room = threading.Semaphore(_MOST_UNWRITTEN)
        self._closed = False
        # Why nothing can be written any more.
        self._broken: StoreError | None = None
        self._warned = False
        self._unsaved = 0
        # Keys of values that were read and are damaged.
        self._damaged: set[bytes] = set()
        self._reader: sqlite3.Connection | None = open_store(path)
        try:
            self.held_before = _holds_any(self._reader)
        except sqlite3.DatabaseError as error:
            self._reader.close()
            if not is_damage(error):
                raise self._read_error(error) from error
            mark_as_damaged(path)
            self._reader = open_store(path)
            self.held_before = _holds_any(self._reader)
        # A value that has become a text by damage need not be valid UTF-8.
        self._reader.text_factory = bytes
        try:
            connection = connect(path)
        except sqlite3.Error as error:
            self._reader.close()
            raise self._read_error(error) from error
        self._identity = _identity_of(path)
        # Everything in a new file was written by this object, until another process writes too.
        self._own_keys: set[int] | None = None if self.held_before else set()
        self._last_id = 0
        self._locks = FileKeyLocks(path.with_name(path.name + "-asking"))
        self._writer = threading.Thread(
            target=self._write_all, args=(connection,), name="distilabel-store", daemon=True
        )
        self._writer.start()

    def get(self, key: bytes) -> bytes | None:
        """Returns the value stored under `key`, or None.

        None also if the value is damaged, and after the store was closed.

        Raises:
            StoreError: The file is damaged.
        """
        own = self._own_keys
        if own is not None and _number(key) not in own:
            return None
        with self._read_lock:
            if self._reader is None:
                return None
            try:
                found = self._reader.execute("SELECT value FROM kept WHERE key = ?", (key,))
                row = found.fetchone()
            except sqlite3.Error as error:
                raise self._read_error(error) from error
        if row is None:
            return None
        # A damaged value may be of another type.
        value = without_checksum(row[0]) if isinstance(row[0], bytes) else None
        if value is None:
            self.report_damage(key)
        return value

    def report_damage(self, key: bytes) -> None:
        """Counts a stored value that is damaged; how many there were is logged at the end."""
        self._damaged.add(key)

    def claim(self, key: bytes) -> bool:
        """Claims `key` while its value is being computed; False if another process holds it."""
        return self._locks.acquire(_number(key) & _LOCK_NUMBERS)

    def release(self, key: bytes) -> None:
        """Releases a claim."""
        self._locks.release(_number(key) & _LOCK_NUMBERS)

    @property
    def is_shared(self) -> bool:
        """True if another process may write to the file meanwhile."""
        if self._locks.shared:
            self._own_keys = None
        return self._locks.shared

    def _read_error(self, error: sqlite3.Error) -> StoreError:
        words = f"Stored answers cannot be read from {self.path}: {error}."
        if is_damage(error) or is_read_only_header(error, self.path):
            mark_as_damaged(self.path)
            words += (
                " Run again: the file will be set aside, and the answers that can be read reused."
            )
        return StoreError(words)

    async def put(self, key: bytes, value: bytes) -> None:
        """Stores a value, replacing an older one, and returns when it is on disk.

        Raises:
            StoreError: It could not be written, for example because the disk is full.
        """
        self._remember(key)
        loop = asyncio.get_running_loop()
        done: asyncio.Future[None] = loop.create_future()
        # `close` runs in another thread: nothing may be added to a group that was queued.
        with self._queue_lock:
            if self._closed:
                raise StoreError(f"The store {self.path} is closed.")
            if self._broken is not None:
                raise self._broken
            group = self._groups.get(loop)
            if group is None:
                # Waking the writer costs more than writing, so values that come close together
                # share a group.
                group = self._groups[loop] = []
                loop.call_later(_GROUP_SECONDS, self._enqueue, loop)
            group.append((key, value, done))
        await done

    def _enqueue(self, loop: asyncio.AbstractEventLoop) -> None:
        with self._queue_lock:
            group = self._groups.pop(loop, None)
            if group and self._broken is None:
                self._queue.put(group)
                return
        if group:
            self._notify(group, self._broken)

    def put_later(self, key: bytes, value: bytes, *, wait: bool = True) -> None:
        """Stores a value soon, for values that can be computed again.

        Args:
            key: Digest of the value's inputs.
            value: The value.
            wait: Whether to block while too many values are unwritten; False on an event loop.
        """
        if not self._closed and self._broken is None:
            self._remember(key)
            if wait:
                self._room.acquire()
            self._queue.put([(key, value, self._room if wait else None)])

    def _remember(self, key: bytes) -> None:
        own = self._own_keys
        if own is not None:
            own.add(_number(key))
            if len(own) > _MOST_REMEMBERED:
                self._own_keys = None

    def close(self) -> None:
        """Writes the queued values and closes the file."""
        with self._queue_lock:
            if self._closed:
                return
            self._closed = True
        for loop in list(self._groups):
            self._enqueue(loop)
        self._queue.put(None)
        self._writer.join()
        with self._read_lock:
            if self._reader is not None:
                self._reader.close()
                self._reader = None
        self._locks.close()
        if self._damaged:
            _log.warning(
                "%d stored values in %s were damaged. They were computed, or asked for, again.",
                len(self._damaged),
                self.path,
            )
        if self._unsaved:
            _log.warning(
                "%d answers could not be stored in %s: the next run asks for them again.",
                self._unsaved,
                self.path,
            )

    # -- the writing thread -----------------------------------------------------------------

    def _write_all(self, connection: sqlite3.Connection) -> None:
        failure = StoreError(f"The store {self.path} is closed.")
        group: list[_Put] | None = []
        try:
            last = False
            while not last:
                group = self._queue.get()
                if group is None:
                    break
                last = self._add_queued(group)
                connection = self._in_place(connection)
                self._notify(group, self._write(connection, group))
            group = []
            # Nothing may have been written since it was removed.
            connection = self._in_place(connection)
        except Exception as error:  # noqa: BLE001 (whatever it is, no caller may wait forever)
            failure = self._failure(error)
            with self._queue_lock:
                self._broken = failure
        # Values that came while the store was closing must not wait forever.
        late: list[_Put] = list(group or ())
        while not self._queue.empty():
            late += self._queue.get() or []
        self._notify(late, failure)
        connection.close()

    def _in_place(self, connection: sqlite3.Connection) -> sqlite3.Connection:
        """Returns a connection to the file at `path`, which is written again if it was removed."""
        identity = _identity_of(self.path)
        if identity == self._identity:
            return connection
        if identity is not None:
            raise StoreError(
                f"{self.path} was replaced by another file during the run. Run again: answers that "
                "were stored in the removed file are asked for again."
            )
        with self._read_lock:
            if self._reader is not None:
                self._reader.close()
            connection, count = rewrite(connection, self.path)
            self._reader = connect(self.path)
            self._reader.text_factory = bytes
        self._identity = _identity_of(self.path)
        _log.warning(
            "the answer store %s was removed during the run; it was written again, with all its "
            "%d values.",
            self.path,
            count,
        )
        return connection

    def _write(self, connection: sqlite3.Connection, group: list[_Put]) -> StoreError | None:
        """Writes a group in one transaction; returns the error, if any."""
        try:
            connection.execute("BEGIN IMMEDIATE")
            if _last_id(connection) != self._last_id:
                # Another process has written to the file.
                self._own_keys = None
            connection.executemany(
                "INSERT INTO kept (key, value) VALUES (?, ?) "
                "ON CONFLICT (key) DO UPDATE SET value = excluded.value",
                [(key, with_checksum(value)) for key, value, _ in group],
            )
            self._last_id = _last_id(connection)
            connection.execute("COMMIT")
        except Exception as error:  # noqa: BLE001 (every waiting caller must get it)
            with contextlib.suppress(sqlite3.Error):
                if connection.in_transaction:
                    connection.execute("ROLLBACK")
            return self._failure(error)
        return None

    def _failure(self, error: Exception) -> StoreError:
        if not self._warned:
            self._warned = True
            _log.warning("cannot write to the answer store %s: %s", self.path, error)
        if isinstance(error, StoreError):
            return error
        if isinstance(error, sqlite3.Error) and (
            is_damage(error) or is_read_only_header(error, self.path)
        ):
            return self._read_error(error)
        cure = "Free disk space or make the folder writable"
        if getattr(error, "sqlite_errorcode", None) == sqlite3.SQLITE_BUSY:
            cure = "Close the other program that has locked it"
        return StoreError(
            f"Answers cannot be stored in {self.path}: {error}. {cure}, then run again: stored "
            "answers are not lost."
        )

    def _add_queued(self, group: list[_Put]) -> bool:
        """Adds queued values to a group; returns True if the store is closing."""
        while len(group) < _GROUP:
            try:
                more = self._queue.get_nowait()
            except queue.Empty:
                return False
            if more is None:
                return True
            group += more
        return False

    def _notify(self, group: list[_Put], failure: StoreError | None) -> None:
        waiting: dict[asyncio.AbstractEventLoop, list[asyncio.Future[None]]] = {}
        for _, _, done in group:
            if isinstance(done, threading.Semaphore):
                done.release()
            elif done is not None:
                self._unsaved += failure is not None
                waiting.setdefault(done.get_loop(), []).append(done)

        def settle(futures: list[asyncio.Future[None]]) -> None:
            for future in futures:
                if future.done():
                    continue
                if failure is None:
                    future.set_result(None)
                else:
                    future.set_exception(failure)

        for loop, futures in waiting.items():
            # On a closed loop nothing waits any more.
            with contextlib.suppress(RuntimeError):
                loop.call_soon_threadsafe(settle, futures)


def _number(key: bytes) -> int:
    return int.from_bytes(key[:8], "little")


def _last_id(connection: sqlite3.Connection) -> int:
    return int(connection.execute("SELECT coalesce(max(id), 0) FROM kept").fetchone()[0])


def _holds_any(connection: sqlite3.Connection) -> bool:
    return connection.execute("SELECT 1 FROM kept LIMIT 1").fetchone() is not None


def _identity_of(path: Path) -> tuple[int, int] | None:
    """Returns what tells a file from another one at the same path; None if it is missing."""
    try:
        status = path.stat()
    except (FileNotFoundError, NotADirectoryError):
        return None
    return status.st_dev, status.st_ino

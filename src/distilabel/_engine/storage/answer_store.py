"""The store: answers and outputs of steps, kept in one SQLite file per cache directory.

Keys are digests of what was asked; values are bytes. One thread writes, in groups; a value is there
for the next run as soon as `put` returns. Knows nothing of what it keeps.
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

from distilabel._engine.storage.key_locks import FileKeyLocks
from distilabel._engine.storage.sqlite_file import connected, is_damage, mark_as_damaged, opened
from distilabel.errors import StoreError

# A larger group saves little; a smaller one makes every answer wait for its own commit.
_GROUP: Final = 500
_GATHER_SECONDS: Final = 0.002
# Values that may wait to be written before threads that make more of them have to wait too.
_MOST_WAITING: Final = 2000
# Keys remembered so that a new store need not be looked into; then memory counts for more.
_MOST_REMEMBERED: Final = 200_000

_MOST_CLAIMED: Final = 2**62 - 1

_log = logging.getLogger("distilabel.store")
# The third is who waits for it, or the room it takes up.
_Put = tuple[bytes, bytes, "asyncio.Future[None] | threading.Semaphore | None"]


class Store:
    """Bytes by digest, in a file that several processes may share.

    Args:
        path: of the file; it and its folder are made if they are not there.

    Attributes:
        held_before: whether there was anything in it when it was opened.

    Raises:
        StoreError: the file cannot be made or opened.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        # Whoever reads holds it: a connection must not be closed under a thread that reads.
        self._lock = threading.Lock()
        self._handing = threading.Lock()
        self._gathering: dict[asyncio.AbstractEventLoop, list[_Put]] = {}
        self._queue: queue.SimpleQueue[list[_Put] | None] = queue.SimpleQueue()
        self._room = threading.Semaphore(_MOST_WAITING)
        self._closed = False
        self._told = False
        self._reader: sqlite3.Connection | None = opened(path)
        try:
            self.held_before = (
                self._reader.execute("SELECT 1 FROM kept LIMIT 1").fetchone() is not None
            )
            connection = connected(path)
        except sqlite3.Error as error:
            self._reader.close()
            raise self._unreadable(error) from error
        # What is in a new file has come by way of this object, until others write too.
        self._mine: set[int] | None = None if self.held_before else set()
        self._last_id = 0
        self._claims = FileKeyLocks(path.with_name(path.name + "-asking"))
        self._writer = threading.Thread(
            target=self._write_all, args=(connection,), name="distilabel-store", daemon=True
        )
        self._writer.start()

    def get(self, key: bytes) -> bytes | None:
        """What is kept under `key`, if anything; nothing once the store is closed.

        Raises:
            StoreError: the file is damaged.
        """
        mine = self._mine
        if mine is not None and _number(key) not in mine:
            return None
        with self._lock:
            if self._reader is None:
                return None
            try:
                found = self._reader.execute("SELECT value FROM kept WHERE key = ?", (key,))
                row = found.fetchone()
            except sqlite3.Error as error:
                raise self._unreadable(error) from error
        return row[0] if row else None

    def claim(self, key: bytes) -> bool:
        """Claims `key`: its value is being made; False if another process is making it."""
        return self._claims.take(_number(key) & _MOST_CLAIMED)

    def let_go(self, key: bytes) -> None:
        """Gives a claim back."""
        self._claims.let_go(_number(key) & _MOST_CLAIMED)

    @property
    def is_shared(self) -> bool:
        """Whether others may keep values here meanwhile."""
        if self._claims.shared:
            self._mine = None
        return self._claims.shared

    def _unreadable(self, error: sqlite3.Error) -> StoreError:
        words = f"Kept answers cannot be read from {self.path}: {error}."
        if is_damage(error):
            mark_as_damaged(self.path)
            words += " Run again: the file is set aside then, and what can be read of it is used."
        return StoreError(words)

    async def put(self, key: bytes, value: bytes) -> None:
        """Keeps a value in place of an older one, and returns when it is safe.

        Raises:
            StoreError: it could not be written (a full disk, say).
        """
        self._remember(key)
        loop = asyncio.get_running_loop()
        done: asyncio.Future[None] = loop.create_future()
        # Whoever closes does so from another thread: nothing may be added to what was handed over.
        with self._handing:
            if self._closed:
                raise StoreError(f"The store {self.path} is closed.")
            group = self._gathering.get(loop)
            if group is None:
                # Waking the writer costs more than writing: what comes within a moment goes
                # together.
                group = self._gathering[loop] = []
                loop.call_later(_GATHER_SECONDS, self._hand_over, loop)
            group.append((key, value, done))
        await done

    def _hand_over(self, loop: asyncio.AbstractEventLoop) -> None:
        with self._handing:
            group = self._gathering.pop(loop, None)
        if group:
            self._queue.put(group)

    def put_later(self, key: bytes, value: bytes, *, wait: bool = True) -> None:
        """Keeps a value soon; for what can be made again.

        Args:
            key: what to find it by.
            value: what to keep.
            wait: whether to wait if too much is waiting; not on an event loop, which would stand
                still for as long as the disk does.
        """
        if not self._closed:
            self._remember(key)
            if wait:
                self._room.acquire()
            self._queue.put([(key, value, self._room if wait else None)])

    def _remember(self, key: bytes) -> None:
        mine = self._mine
        if mine is not None:
            mine.add(_number(key))
            if len(mine) > _MOST_REMEMBERED:
                self._mine = None

    def close(self) -> None:
        """Writes what is waiting and lets go of the file."""
        with self._handing:
            if self._closed:
                return
            self._closed = True
        for loop in list(self._gathering):
            self._hand_over(loop)
        self._queue.put(None)
        self._writer.join()
        with self._lock:
            if self._reader is not None:
                self._reader.close()
                self._reader = None
        self._claims.close()

    # -- the writing thread -----------------------------------------------------------------

    def _write_all(self, connection: sqlite3.Connection) -> None:
        last = False
        while not last:
            group = self._queue.get()
            if group is None:
                break
            last = self._add_waiting(group)
            self._tell(group, self._written(connection, group))
        # Whoever came with the end of the store is not to wait for ever.
        late: list[_Put] = []
        while not self._queue.empty():
            late += self._queue.get() or []
        self._tell(late, StoreError(f"The store {self.path} is closed."))
        connection.close()

    def _written(self, connection: sqlite3.Connection, group: list[_Put]) -> StoreError | None:
        """Writes a group; gives what went wrong."""
        try:
            connection.execute("BEGIN IMMEDIATE")
            if _last_id(connection) != self._last_id:
                # Another process keeps its answers here as well.
                self._mine = None
            connection.executemany(
                "INSERT INTO kept (key, value) VALUES (?, ?) "
                "ON CONFLICT (key) DO UPDATE SET value = excluded.value",
                [(key, value) for key, value, _ in group],
            )
            self._last_id = _last_id(connection)
            connection.execute("COMMIT")
        except Exception as error:  # noqa: BLE001 (whatever it is, those who wait must hear of it)
            with contextlib.suppress(sqlite3.Error):
                if connection.in_transaction:
                    connection.execute("ROLLBACK")
            if not self._told:
                self._told = True
                _log.warning("the store %s cannot be written: %s", self.path, error)
            if isinstance(error, sqlite3.Error) and is_damage(error):
                return self._unreadable(error)
            return StoreError(
                f"Answers cannot be kept in {self.path}: {error}. Free space or allow writing "
                "there and run again: nothing that was kept is lost."
            )
        return None

    def _add_waiting(self, group: list[_Put]) -> bool:
        """Adds what else waits to a group; says whether that was all there will be."""
        while len(group) < _GROUP:
            try:
                more = self._queue.get_nowait()
            except queue.Empty:
                return False
            if more is None:
                return True
            group += more
        return False

    def _tell(self, group: list[_Put], failure: StoreError | None) -> None:
        waiting: dict[asyncio.AbstractEventLoop, list[asyncio.Future[None]]] = {}
        for _, _, done in group:
            if isinstance(done, threading.Semaphore):
                done.release()
            elif done is not None:
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
            # A loop that is closed has nobody left who waits.
            with contextlib.suppress(RuntimeError):
                loop.call_soon_threadsafe(settle, futures)


def _number(key: bytes) -> int:
    return int.from_bytes(key[:8], "little")


def _last_id(connection: sqlite3.Connection) -> int:
    return int(connection.execute("SELECT coalesce(max(id), 0) FROM kept").fetchone()[0])

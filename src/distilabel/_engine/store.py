"""The store: answers and outputs of steps, kept in one SQLite file per cache directory.

Keys are digests of what was asked; values are bytes. One thread writes, in groups; a value is there
for the next run as soon as `put` returns. Knows nothing of what it keeps.
"""

from __future__ import annotations

import asyncio
import logging
import queue
import sqlite3
import threading
import time
from pathlib import Path
from typing import Final

_SCHEMA: Final = (
    "CREATE TABLE IF NOT EXISTS kept ("
    "id INTEGER PRIMARY KEY, key BLOB NOT NULL UNIQUE, value BLOB NOT NULL)"
)
# A larger group saves little; a smaller one makes every answer wait for its own commit.
_GROUP: Final = 500
_GATHER_SECONDS: Final = 0.002
# Values that may wait to be written before threads that make more of them have to wait too.
_MOST_WAITING: Final = 2000

_log = logging.getLogger("distilabel.store")
_Put = tuple[bytes, bytes, "asyncio.Future[None] | None"]


class Store:
    """Bytes by digest, in a file that several processes may share.

    Args:
        path: of the file; it and its folder are made if they are not there.

    Attributes:
        held_before: whether there was anything in it when it was opened.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        path.parent.mkdir(parents=True, exist_ok=True)
        self._readers = threading.local()
        self._connections: list[sqlite3.Connection] = []
        self._gathering: dict[asyncio.AbstractEventLoop, list[_Put]] = {}
        self._queue: queue.SimpleQueue[list[_Put] | None] = queue.SimpleQueue()
        self._room = threading.Semaphore(_MOST_WAITING)
        self.held_before = False
        self._prepare()
        self._writer = threading.Thread(
            target=self._write_all, name="distilabel-store", daemon=True
        )
        self._writer.start()

    def _connect(self) -> sqlite3.Connection:
        connection = sqlite3.connect(
            self.path, timeout=60, isolation_level=None, check_same_thread=False
        )
        self._connections.append(connection)
        connection.execute("PRAGMA journal_mode=WAL")
        # A power cut may lose the last moments, a killed process loses nothing.
        connection.execute("PRAGMA synchronous=NORMAL")
        connection.execute("PRAGMA cache_size=-16000")
        connection.execute("PRAGMA mmap_size=1073741824")
        return connection

    def _prepare(self) -> None:
        try:
            connection = self._connect()
            connection.execute(_SCHEMA)
            self.held_before = (
                connection.execute("SELECT 1 FROM kept LIMIT 1").fetchone() is not None
            )
        except sqlite3.DatabaseError as error:
            if isinstance(error, sqlite3.OperationalError):
                raise
            aside = self.path.with_suffix(f".broken-{int(time.time())}{self.path.suffix}")
            self._close_connections()
            self.path.rename(aside)
            _log.warning(
                "the store %s cannot be read (%s); it is kept as %s and a new one is begun",
                self.path,
                error,
                aside.name,
            )
            self._connect().execute(_SCHEMA)

    def get(self, key: bytes) -> bytes | None:
        """What is kept under `key`, if anything."""
        cursor: sqlite3.Cursor | None = getattr(self._readers, "cursor", None)
        if cursor is None:
            cursor = self._readers.cursor = self._connect().cursor()
        row = cursor.execute("SELECT value FROM kept WHERE key = ?", (key,)).fetchone()
        return row[0] if row else None

    async def put(self, key: bytes, value: bytes) -> None:
        """Keeps a value in place of an older one, and returns when it is safe.

        Raises:
            OSError: it could not be written (a full disk, say).
        """
        loop = asyncio.get_running_loop()
        done: asyncio.Future[None] = loop.create_future()
        group = self._gathering.get(loop)
        if group is None:
            # Waking the writer costs more than writing: what comes within a moment goes together.
            group = self._gathering[loop] = []
            loop.call_later(_GATHER_SECONDS, self._hand_over, loop)
        group.append((key, value, done))
        await done

    def _hand_over(self, loop: asyncio.AbstractEventLoop) -> None:
        self._queue.put(self._gathering.pop(loop))

    def put_later(self, key: bytes, value: bytes) -> None:
        """Keeps a value soon; for what can be made again. Waits if too much is waiting."""
        self._room.acquire()
        self._queue.put([(key, value, None)])

    def close(self) -> None:
        """Writes what is waiting and lets go of the file."""
        self._queue.put(None)
        self._writer.join()
        self._close_connections()

    def _close_connections(self) -> None:
        for connection in self._connections:
            connection.close()
        self._connections.clear()

    # -- the writing thread -----------------------------------------------------------------

    def _write_all(self) -> None:
        connection = self._connect()
        last = False
        while not last:
            group = self._queue.get()
            if group is None:
                return
            last = self._add_waiting(group)
            failure: Exception | None = None
            try:
                connection.execute("BEGIN IMMEDIATE")
                connection.executemany(
                    "INSERT INTO kept (key, value) VALUES (?, ?) "
                    "ON CONFLICT (key) DO UPDATE SET value = excluded.value",
                    [(key, value) for key, value, _ in group],
                )
                connection.execute("COMMIT")
            except sqlite3.Error as error:
                failure = OSError(f"the store {self.path} cannot be written: {error}")
                if connection.in_transaction:
                    connection.execute("ROLLBACK")
            self._tell(group, failure)

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

    def _tell(self, group: list[_Put], failure: Exception | None) -> None:
        waiting: dict[asyncio.AbstractEventLoop, list[asyncio.Future[None]]] = {}
        for _, _, done in group:
            if done is None:
                self._room.release()
            else:
                waiting.setdefault(done.get_loop(), []).append(done)
        if failure is not None:
            _log.error("%s", failure)

        def settle(futures: list[asyncio.Future[None]]) -> None:
            for future in futures:
                if future.done():
                    continue
                if failure is None:
                    future.set_result(None)
                else:
                    future.set_exception(failure)

        for loop, futures in waiting.items():
            if not loop.is_closed():
                loop.call_soon_threadsafe(settle, futures)

"""Locks keys across processes, so that two processes never pay for the same answer.

A claim is a lock on one byte of a file beside the store, at an offset taken from the key. The
kernel releases it when the process ends, however it ends, so nothing has to expire or be cleaned
up. A process that is alone locks nothing: it polls for a second process, and the second one waits
until the first has locked the keys it holds. Knows locks and numbers only.
"""

from __future__ import annotations

import os
import threading
import time
from pathlib import Path
from typing import Final

try:
    import fcntl
except ImportError:  # Windows has no fcntl: every claim succeeds there
    fcntl = None  # type: ignore[assignment]

# Claims lie below these bytes. Every process holds a shared lock on the first one, and on the
# second one while the keys it holds are not locked.
_PRESENT: Final = 2**62
_UNLOCKED: Final = _PRESENT + 1
# How often a lone process polls, and how long a second process waits for it at most.
_POLL_SECONDS: Final = 0.05
_MOST_SECONDS: Final = 2.0
# A slower lock is on a network file system: an occasional duplicate request is cheaper.
_SLOW_SECONDS: Final = 0.001


class _File:
    """The one open file of this process: closing any handle would release every lock on it."""

    def __init__(self, path: Path) -> None:
        self.number = os.open(path, os.O_RDWR | os.O_CREAT | os.O_APPEND, 0o600)
        self.users = 0


_files: dict[Path, _File] = {}
_opening = threading.Lock()


class FileKeyLocks:
    """The claims of this process on the keys of one store.

    Args:
        path: Path of the lock file; created if missing.

    Attributes:
        shared: True once another process has used the same file; it stays True.
    """

    def __init__(self, path: Path) -> None:
        self.shared = False
        self._path = path.absolute()
        self._file: _File | None = None
        self._size = 0
        self._lock = threading.Lock()
        self._held: set[int] = set()
        self._closed = threading.Event()
        if fcntl is None:
            return
        try:
            with _opening:
                self._open()
        except OSError:  # no locks here, or too slow: every claim succeeds
            self.close()

    def acquire(self, number: int) -> bool:
        """Claims a number for this process; claiming it again is allowed.

        Args:
            number: From 0 up to 2**62.

        Returns:
            False if another process holds it.
        """
        with self._lock:
            self._held.add(number)
            if not self.shared or self._lock_byte(number, fcntl.LOCK_EX):
                return True
            self._held.discard(number)
            return False

    def release(self, number: int) -> None:
        """Releases a claim."""
        with self._lock:
            self._held.discard(number)
            if self.shared:
                self._lock_byte(number, fcntl.LOCK_UN)

    def close(self) -> None:
        """Closes the file if no other user of this process needs it."""
        self._closed.set()
        with _opening, self._lock:
            file, self._file = self._file, None
            if file is None:
                return
            file.users -= 1
            if not file.users:
                del _files[self._path]
                os.close(file.number)

    # -- other processes --------------------------------------------------------------------

    def _open(self) -> None:
        file = _files.get(self._path)
        if file is None:
            file = _files[self._path] = _File(self._path)
        file.users += 1
        self._file = file
        if min(self._lock_seconds() for _ in range(3)) > _SLOW_SECONDS:
            raise OSError("locks are slow here")
        # A later process makes the file longer; an earlier one holds the byte.
        self._size = os.fstat(file.number).st_size + 1
        self._retry_lock(_UNLOCKED, fcntl.LOCK_SH)
        self._retry_lock(_PRESENT, fcntl.LOCK_SH)
        os.write(file.number, b".")
        alone = self._lock_byte(_PRESENT, fcntl.LOCK_EX)
        self._retry_lock(_PRESENT, fcntl.LOCK_SH)
        if alone:
            threading.Thread(target=self._poll, name="distilabel-key-locks", daemon=True).start()
            return
        self._share()
        self._retry_lock(_UNLOCKED, fcntl.LOCK_EX)
        self._lock_byte(_UNLOCKED, fcntl.LOCK_UN)

    def _poll(self) -> None:
        """Waits for a second process."""
        while not self._closed.wait(_POLL_SECONDS):
            with self._lock:
                if self._file is None:
                    return
                grown = os.fstat(self._file.number).st_size != self._size
            if grown:
                self._share()
                return

    def _share(self) -> None:
        """Locks the keys that are held now, and every key that is claimed from now on."""
        with self._lock:
            self.shared = True
            for number in self._held:
                self._lock_byte(number, fcntl.LOCK_EX)
            self._lock_byte(_UNLOCKED, fcntl.LOCK_UN)

    def _retry_lock(self, number: int, kind: int) -> None:
        """Locks a byte that other processes hold only briefly; gives up after a while."""
        until = time.monotonic() + _MOST_SECONDS
        while not self._lock_byte(number, kind) and time.monotonic() < until:
            time.sleep(0.002)

    def _lock_seconds(self) -> float:
        begun = time.monotonic()
        assert self._file is not None
        fcntl.lockf(self._file.number, fcntl.LOCK_SH | fcntl.LOCK_NB, 1, _UNLOCKED + 1)
        return time.monotonic() - begun

    def _lock_byte(self, number: int, kind: int) -> bool:
        """Locks or unlocks a byte; returns False if another process holds it."""
        if self._file is None:
            return True
        try:
            if kind != fcntl.LOCK_UN:
                kind |= fcntl.LOCK_NB
            fcntl.lockf(self._file.number, kind, 1, number)
        except (BlockingIOError, PermissionError):
            return False
        except OSError:  # the lock table is full: a duplicate request is better than none
            return True
        return True

"""Claims: which questions are being asked by which process, so that no two pay for one answer.

A claim is a lock on one byte of a file beside the store, at the place the question's digest says.
The kernel lets go of it when the process ends, however it ends: nothing has to be cleaned up or to
expire. A process that is alone locks nothing; it looks now and then whether another one came, which
waits until all that is being asked is locked. Knows locks and numbers, and nothing of questions.
"""

from __future__ import annotations

import os
import threading
import time
from pathlib import Path
from typing import Final

try:
    import fcntl
except ImportError:  # Windows has other locks; there nobody claims anything
    fcntl = None  # type: ignore[assignment]

# Claims are below these bytes. Whoever uses the file shares the first with the others, and the
# second for as long as what it asks is not locked.
_PRESENT: Final = 2**62
_UNLOCKED: Final = _PRESENT + 1
# How often one that is alone looks, and how long one that comes waits for the others at most.
_LOOK_SECONDS: Final = 0.05
_MOST_SECONDS: Final = 2.0
# A lock that takes longer is on a network: asking twice now and then is cheaper.
_SLOW_SECONDS: Final = 0.001


class _File:
    """The open file of this process: closing any other handle would let go of every lock on it."""

    def __init__(self, path: Path) -> None:
        self.number = os.open(path, os.O_RDWR | os.O_CREAT | os.O_APPEND, 0o666)
        self.users = 0


_files: dict[Path, _File] = {}
_opening = threading.Lock()


class FileKeyLocks:
    """The claims of this process, and those of others as far as they are in the way.

    Args:
        path: of the file with the locks; it is made if it is not there.

    Attributes:
        shared: whether another user of this place was there, or has come since; then it stays so.
    """

    def __init__(self, path: Path) -> None:
        self.shared = False
        self._path = path.absolute()
        self._file: _File | None = None
        self._size = 0
        self._lock = threading.Lock()
        self._taken: set[int] = set()
        self._closed = threading.Event()
        if fcntl is None:
            return
        try:
            with _opening:
                self._open()
        except OSError:  # there are no locks here, or none worth their time: nothing is claimed
            self.close()

    def take(self, number: int) -> bool:
        """Claims a number for this process; it may do so several times.

        Args:
            number: from 0 up to 2**62.

        Returns:
            Whether it is free, as far as is known: another process has no claim on it.
        """
        with self._lock:
            self._taken.add(number)
            if not self.shared or self._locked(number, fcntl.LOCK_EX):
                return True
            self._taken.discard(number)
            return False

    def let_go(self, number: int) -> None:
        """Gives a claim back."""
        with self._lock:
            self._taken.discard(number)
            if self.shared:
                self._locked(number, fcntl.LOCK_UN)

    def close(self) -> None:
        """Lets go of the place."""
        self._closed.set()
        with _opening, self._lock:
            file, self._file = self._file, None
            if file is None:
                return
            file.users -= 1
            if not file.users:
                del _files[self._path]
                os.close(file.number)

    # -- who else is there ------------------------------------------------------------------

    def _open(self) -> None:
        file = _files.get(self._path)
        if file is None:
            file = _files[self._path] = _File(self._path)
        file.users += 1
        self._file = file
        if min(self._seconds_of_a_lock() for _ in range(3)) > _SLOW_SECONDS:
            raise OSError("locks take long here")
        # Who comes from here on makes the file longer; who came before holds the byte.
        self._size = os.fstat(file.number).st_size + 1
        self._insist(_UNLOCKED, fcntl.LOCK_SH)
        self._insist(_PRESENT, fcntl.LOCK_SH)
        os.write(file.number, b".")
        alone = self._locked(_PRESENT, fcntl.LOCK_EX)
        self._insist(_PRESENT, fcntl.LOCK_SH)
        if alone:
            threading.Thread(target=self._look, name="distilabel-claims", daemon=True).start()
            return
        self._share()
        self._insist(_UNLOCKED, fcntl.LOCK_EX)
        self._locked(_UNLOCKED, fcntl.LOCK_UN)

    def _look(self) -> None:
        """Waits for the first one that comes."""
        while not self._closed.wait(_LOOK_SECONDS):
            with self._lock:
                if self._file is None:
                    return
                came = os.fstat(self._file.number).st_size != self._size
            if came:
                self._share()
                return

    def _share(self) -> None:
        """From now on, what is asked is locked; what is being asked is locked at once."""
        with self._lock:
            self.shared = True
            for number in self._taken:
                self._locked(number, fcntl.LOCK_EX)
            self._locked(_UNLOCKED, fcntl.LOCK_UN)

    def _insist(self, number: int, kind: int) -> None:
        """Locks a byte that others hold for moments; after a while it goes on without."""
        until = time.monotonic() + _MOST_SECONDS
        while not self._locked(number, kind) and time.monotonic() < until:
            time.sleep(0.002)

    def _seconds_of_a_lock(self) -> float:
        begun = time.monotonic()
        assert self._file is not None
        fcntl.lockf(self._file.number, fcntl.LOCK_SH | fcntl.LOCK_NB, 1, _UNLOCKED + 1)
        return time.monotonic() - begun

    def _locked(self, number: int, kind: int) -> bool:
        """Locks a byte, or lets go of it; says whether no other process was in the way."""
        if self._file is None:
            return True
        try:
            if kind != fcntl.LOCK_UN:
                kind |= fcntl.LOCK_NB
            fcntl.lockf(self._file.number, kind, 1, number)
        except (BlockingIOError, PermissionError):
            return False
        except OSError:  # no room for more locks: better asked twice than not
            return True
        return True

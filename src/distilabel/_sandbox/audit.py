"""Refuses what untrusted code commonly tries, where the kernel offers nothing better.

A hook of Python's audit events. Code that means harm can get around it, by `ctypes` for example.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Iterable
from pathlib import Path
from typing import Any, Final

_REFUSED: Final = (
    "socket.",
    "subprocess.",
    "os.system",
    "os.exec",
    "os.fork",
    "os.posix_spawn",
    "os.spawn",
    "os.kill",
    "os.putenv",
    "os.chmod",
    "os.chown",
    "os.link",
    "os.symlink",
    "ctypes.",
    "pty.",
    "signal.pthread_kill",
    "resource.setrlimit",
    "resource.prlimit",
)
_PATHS: Final = ("os.listdir", "os.scandir", "os.mkdir", "os.remove", "os.rename", "os.rmdir")


def install(readable: Iterable[str | Path], writable: Iterable[str | Path]) -> None:
    """Installs the hook, for good.

    Args:
        readable: Files and folders to read.
        writable: Folders to write in.
    """
    writes = tuple(os.path.realpath(path) for path in writable)
    reads = (*(os.path.realpath(path) for path in readable), *writes)

    def is_below(path: Any, places: tuple[str, ...]) -> bool:
        if isinstance(path, int):
            return True
        real = os.path.realpath(os.fsdecode(path))
        return any(real == place or real.startswith(place + os.sep) for place in places)

    def check(event: str, arguments: tuple[Any, ...]) -> None:
        if event.startswith(_REFUSED):
            raise PermissionError(f"{event} is not allowed in the sandbox")
        if event == "open" and arguments[0] is not None:
            flags = arguments[2] or 0
            written = flags & (os.O_WRONLY | os.O_RDWR | os.O_CREAT | os.O_TRUNC)
            if not is_below(arguments[0], writes if written else reads):
                raise PermissionError(f"{arguments[0]} cannot be opened in the sandbox")
        elif event in _PATHS and arguments[0] is not None:
            places = reads if event in ("os.listdir", "os.scandir") else writes
            if not is_below(arguments[0], places):
                raise PermissionError(f"{event} is not allowed there in the sandbox")

    sys.addaudithook(check)

"""Access to files (Landlock), which a process can only give up, never regain."""

from __future__ import annotations

import ctypes
import os
import platform
import struct
from collections.abc import Iterable
from pathlib import Path
from typing import Final

# The numbers of these calls are the same on all architectures.
_CREATE_RULESET: Final = 444
_ADD_RULE: Final = 445
_RESTRICT_SELF: Final = 446
_PR_SET_NO_NEW_PRIVS: Final = 38

_READ_FILE: Final = 1 << 2
_READ_DIR: Final = 1 << 3
_WRITE_FILE: Final = 1 << 1
_REMOVE_FILE: Final = 1 << 5
_MAKE_FILE: Final = 1 << 8
_TRUNCATE: Final = 1 << 14
# Version of Landlock → all rights it knows; what is not granted is denied.
_RIGHTS: Final = {1: (1 << 13) - 1, 2: (1 << 14) - 1, 3: (1 << 15) - 1, 5: (1 << 16) - 1}
_RIGHTS_OF_FILES: Final = _READ_FILE | _WRITE_FILE | _TRUNCATE

READ: Final = _READ_FILE | _READ_DIR
# No folders and no links in it: a deep tree could hardly be removed again.
WRITE: Final = READ | _WRITE_FILE | _REMOVE_FILE | _MAKE_FILE | _TRUNCATE


def version() -> int:
    """Returns the version of Landlock; 0 if the kernel has none or does not allow it."""
    if platform.system() != "Linux":
        return 0
    return max(0, int(ctypes.CDLL(None).syscall(_CREATE_RULESET, None, 0, 1)))


def restrict(readable: Iterable[str | Path], writable: Iterable[str | Path]) -> None:
    """Leaves this process only the given files and folders, for good.

    Args:
        readable: Files and folders to read. What does not exist is left out.
        writable: Folders to read, and to write files in.

    Raises:
        OSError: The kernel refused it.
    """
    known = version()
    handled = next(rights for since, rights in reversed(_RIGHTS.items()) if known >= since)
    rules = struct.pack("<Q", handled)
    # The calls take pointers and sizes of full width.
    ruleset = _call(_CREATE_RULESET, rules, ctypes.c_size_t(len(rules)), 0)
    for rights, paths in ((READ, readable), (WRITE, writable)):
        for path in paths:
            if os.path.exists(path):
                _allow(ruleset, path, rights & handled)
    libc = ctypes.CDLL(None, use_errno=True)
    libc.prctl(_PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0)
    _call(_RESTRICT_SELF, ruleset, 0)
    os.close(ruleset)


def _allow(ruleset: int, path: str | Path, rights: int) -> None:
    place = os.open(path, os.O_PATH | os.O_CLOEXEC)
    try:
        if not os.path.isdir(path):
            rights &= _RIGHTS_OF_FILES
        _call(_ADD_RULE, ruleset, 1, struct.pack("<Qi", rights, place), 0)
    finally:
        os.close(place)


def _call(number: int, *arguments: object) -> int:
    libc = ctypes.CDLL(None, use_errno=True)
    result = int(libc.syscall(number, *arguments))
    if result < 0:
        error = ctypes.get_errno()
        raise OSError(error, f"Landlock: {os.strerror(error)}")
    return result

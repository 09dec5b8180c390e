"""A filter of system calls (seccomp), which a process cannot take off again.

What it stops, among others: sockets, other programs, child processes, signals to and tracing of
other processes, changes of owners and permissions, higher limits, shared memory, io_uring.
"""

from __future__ import annotations

import ctypes
import os
import platform
import struct
from collections.abc import Iterable
from typing import Final

from distilabel._sandbox.syscalls import ARCHITECTURES, syscall_numbers

_PR_SET_NO_NEW_PRIVS: Final = 38
_PR_SET_SECCOMP: Final = 22
_PR_GET_SECCOMP: Final = 21
_FILTER: Final = 2

# Instructions of classic BPF, and what a filter returns.
_LOAD: Final = 0x20
_AND: Final = 0x54
_EQUAL: Final = 0x15
_AT_LEAST: Final = 0x35
_RETURN: Final = 0x06
_ALLOW: Final = 0x7FFF0000
_KILL: Final = 0x80000000
_EPERM: Final = 0x00050001
_ENOSYS: Final = 0x00050026

# Offsets in `struct seccomp_data`.
_NUMBER: Final = 0
_ARCHITECTURE: Final = 4
_ARGUMENTS: Final = 16

_CLONE_THREAD: Final = 0x00010000
_CLONE_NEW_NAMESPACES: Final = 0x7E020080
_ALL_BITS: Final = 0xFFFFFFFF
# Duplicates, flags and locks; not those that have signals sent to other processes.
_FCNTL: Final = (0, 1, 2, 3, 4, 5, 6, 7, 1030)
# What `isatty`, the size of a terminal, and blocking and inheritance of a file ask.
_IOCTL: Final = (0x5401, 0x5413, 0x541B, 0x5421, 0x5450, 0x5451)
_SOCK_STREAM: Final = 1

# One condition: index of the argument, mask, value.
_Condition = tuple[int, int, int]


def missing() -> str | None:
    """Returns why the filter cannot be used here; None if it can."""
    if platform.system() != "Linux":
        return "seccomp exists on Linux only"
    if platform.machine() not in ARCHITECTURES:
        return f"the filter of system calls is not written for {platform.machine()}"
    if ctypes.CDLL(None).prctl(_PR_GET_SECCOMP, 0, 0, 0, 0) < 0:
        return "the kernel has no seccomp"
    return None


def install() -> None:
    """Installs the filter in this process, for good.

    Raises:
        OSError: The kernel refused it.
    """
    code = b"".join(struct.pack("<HBBI", *line) for line in program(platform.machine()))
    lines = ctypes.create_string_buffer(code, len(code))

    class Program(ctypes.Structure):
        _fields_ = [("length", ctypes.c_ushort), ("filter", ctypes.c_void_p)]

    filters = Program(len(code) // 8, ctypes.addressof(lines))
    libc = ctypes.CDLL(None, use_errno=True)
    for arguments in (
        (_PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0),
        (_PR_SET_SECCOMP, _FILTER, ctypes.byref(filters), 0, 0),
    ):
        if libc.prctl(*arguments):
            number = ctypes.get_errno()
            raise OSError(number, f"seccomp: {os.strerror(number)}")


def program(machine: str) -> list[tuple[int, int, int, int]]:
    """Returns the filter as instructions (operation, jump if true, jump if false, value).

    Args:
        machine: A key of `ARCHITECTURES`.
    """
    numbers = syscall_numbers(machine)
    # glibc falls back to `clone`, whose flags a filter can read.
    clone3 = numbers.pop("clone3")
    own = os.getpid()
    filtered: dict[str, Iterable[list[_Condition]]] = {
        "fcntl": [[(1, _ALL_BITS, command)] for command in _FCNTL],
        "ioctl": [[(1, _ALL_BITS, command)] for command in _IOCTL],
        "kill": [[(0, _ALL_BITS, own)]],
        "tgkill": [[(0, _ALL_BITS, own)]],
        "clone": [[(0, _CLONE_THREAD | _CLONE_NEW_NAMESPACES, _CLONE_THREAD)]],
        # Reading limits, not setting them.
        "prlimit64": [[(2, _ALL_BITS, 0), (0, _ALL_BITS, who)] for who in (0, own)],
        # A datagram socket could send to sockets of others.
        "socketpair": [[(0, _ALL_BITS, 1), (1, 0xF, _SOCK_STREAM)]],
    }
    lines = [
        (_LOAD, 0, 0, _ARCHITECTURE),
        (_EQUAL, 1, 0, ARCHITECTURES[machine][0]),
        (_RETURN, 0, 0, _KILL),
        (_LOAD, 0, 0, _NUMBER),
        # The x32 calls of x86-64, which have numbers of their own.
        (_AT_LEAST, 0, 1, 0x40000000),
        (_RETURN, 0, 0, _ENOSYS),
        (_EQUAL, 0, 1, clone3),
        (_RETURN, 0, 0, _ENOSYS),
    ]
    for name, number in numbers.items():
        if name not in filtered:
            lines += [(_EQUAL, 0, 1, number), (_RETURN, 0, 0, _ALLOW)]
    for name, alternatives in filtered.items():
        block = [line for each in alternatives for line in _alternative(each)]
        block.append((_RETURN, 0, 0, _EPERM))
        lines += [(_EQUAL, 0, len(block), numbers[name]), *block]
    return [*lines, (_RETURN, 0, 0, _EPERM)]


def _alternative(conditions: list[_Condition]) -> list[tuple[int, int, int, int]]:
    """Returns instructions that allow the call if all conditions hold, else fall through."""
    checks: list[tuple[int, int]] = []
    lines: list[tuple[int, int, int, int] | None] = []
    for argument, mask, value in conditions:
        low = _ARGUMENTS + 8 * argument
        lines.append((_LOAD, 0, 0, low))
        if mask != _ALL_BITS:
            lines.append((_AND, 0, 0, mask))
        checks.append((len(lines), value))
        lines.append(None)
        if mask == _ALL_BITS:
            # The upper half of the argument.
            lines.append((_LOAD, 0, 0, low + 4))
            checks.append((len(lines), 0))
            lines.append(None)
    lines.append((_RETURN, 0, 0, _ALLOW))
    for place, value in checks:
        lines[place] = (_EQUAL, 0, len(lines) - place - 1, value)
    return [line for line in lines if line is not None]

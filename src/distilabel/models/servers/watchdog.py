"""Runs a server and ends it, with all its processes, when the program that wants it has ended.

A script for any Python 3.8 or newer, without packages: `python watchdog.py PARENT COMMAND...`. The
program holds the other end of standard input. Its end closes the pipe, even after `kill -9`.
"""

from __future__ import annotations

import contextlib
import ctypes
import os
import select
import signal
import subprocess
import sys
import time

# How long a server may take to end by itself before it is killed, in seconds.
_END_SECONDS = 5.0
_POLL_SECONDS = 0.2
# `prctl` of Linux: the signal that a process gets when its parent ends.
_PR_SET_PDEATHSIG = 1


def main(arguments: list[str]) -> int:
    """Runs the command until it ends, or until the program does.

    Args:
        arguments: Process id of the program, then the command.

    Returns:
        The exit status of the command; 128 and the number of the signal that killed it.
    """
    parent, command = int(arguments[0]), arguments[1:]
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGTERM, _raise_exit)
    # A session of its own: Ctrl-C in the terminal does not reach it, and one signal reaches all.
    try:
        server = subprocess.Popen(
            command, stdin=subprocess.DEVNULL, start_new_session=True, preexec_fn=_end_with_parent
        )
    except OSError as error:
        sys.stderr.write(f"The command cannot be run: {error}\n")
        return 127
    try:
        while server.poll() is None and not _has_ended(parent):
            pass
    finally:
        _end(server)
    status = server.returncode
    return status if status >= 0 else 128 - status


def _raise_exit(number: int, frame: object) -> None:
    raise SystemExit(128 + number)


def _end_with_parent() -> None:
    """Ends the server also if this script is killed; other systems than Linux lack this."""
    with contextlib.suppress(Exception):
        ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGTERM)


def _has_ended(parent: int) -> bool:
    """Waits a moment for the end of the program."""
    # The pipe alone is not enough: a child that the program forked may hold its other end.
    readable, _, _ = select.select([sys.stdin], [], [], _POLL_SECONDS)
    return bool(readable and not os.read(sys.stdin.fileno(), 1)) or os.getppid() != parent


def _end(server: subprocess.Popen[bytes]) -> None:
    """Ends all processes of the server: first by request, then by force."""
    until = time.monotonic() + _END_SECONDS
    with contextlib.suppress(OSError):
        os.killpg(server.pid, signal.SIGTERM)
    while server.poll() is None and time.monotonic() < until:
        time.sleep(0.05)
    # Also after the first process has ended: its workers are in the same group.
    with contextlib.suppress(OSError):
        os.killpg(server.pid, signal.SIGKILL)
    server.wait()


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

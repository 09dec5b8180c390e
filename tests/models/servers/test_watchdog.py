"""The watchdog: it ends a command with all its processes, and passes on its status."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager

from distilabel.models.servers import watchdog
from engine_doubles import runs, wait_until


@contextmanager
def watched(code: str) -> Iterator[subprocess.Popen[bytes]]:
    command = [sys.executable, "-I", "-S", watchdog.__file__, str(os.getpid())]
    with subprocess.Popen(
        [*command, sys.executable, "-c", code], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    ) as process:
        yield process
        process.kill()


def printed_pid(process: subprocess.Popen[bytes]) -> int:
    assert process.stdout is not None
    return int(process.stdout.readline())


def test_it_returns_the_status_of_the_command() -> None:
    with watched("raise SystemExit(3)") as process:
        assert process.wait() == 3


def test_a_command_that_was_killed_gives_the_signal() -> None:
    with watched("import os; os.kill(os.getpid(), 9)") as process:
        assert process.wait() == 128 + 9


def test_a_command_that_does_not_exist_is_named() -> None:
    command = [sys.executable, watchdog.__file__, str(os.getpid()), "/no/such/program"]
    done = subprocess.run(command, stdin=subprocess.PIPE, capture_output=True, text=True)
    assert done.returncode == 127
    assert "/no/such/program" in done.stderr


def test_the_end_of_the_pipe_ends_the_command_and_its_children() -> None:
    code = (
        "import subprocess, sys, time\n"
        "child = subprocess.Popen([sys.executable, '-c', 'import time; time.sleep(600)'])\n"
        "print(child.pid, flush=True); time.sleep(600)"
    )
    with watched(code) as process:
        child = printed_pid(process)
        assert process.stdin is not None
        process.stdin.close()
        process.wait()
        wait_until(lambda: not runs(child))


def test_a_command_that_ignores_the_request_is_killed() -> None:
    code = (
        "import os, signal, time; signal.signal(signal.SIGTERM, signal.SIG_IGN)\n"
        "print(os.getpid(), flush=True); time.sleep(600)"
    )
    with watched(code) as process:
        pid = printed_pid(process)
        process.terminate()
        started = time.monotonic()
        process.wait()
        assert not runs(pid)
        assert time.monotonic() - started < 60


def test_the_command_ends_with_a_watchdog_that_is_killed() -> None:
    with watched("import os, time; print(os.getpid(), flush=True); time.sleep(600)") as process:
        pid = printed_pid(process)
        os.kill(process.pid, signal.SIGKILL)
        wait_until(lambda: not runs(pid))

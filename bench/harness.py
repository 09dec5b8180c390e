"""Runs processes and measures them from outside.

Imports only the standard library: on Linux the peak memory of a process starts at that of its
parent, so the process that starts the measured ones has to stay small.
"""

from __future__ import annotations

import contextlib
import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass
from http.client import HTTPConnection
from pathlib import Path
from typing import Any, Self

ROOT = Path(__file__).resolve().parent.parent
_MEGABYTE = 1_000_000
# Of the output of a failed process.
_MOST_LINES = 25


class Broken(Exception):
    """Raised when a process fails or a result is wrong, so that there is nothing to measure."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """The measurements of a process.

    Attributes:
        started: the `time.time()` just before it was started.
        wall: seconds from there to its end.
        cpu: seconds of processor time, of the process and of what it started and waited for.
        peak: most memory it held at a time, in MB; of its processes the largest.
        said: the JSON object in the last line of its standard output.
    """

    started: float
    wall: float
    cpu: float
    peak: float
    said: dict[str, Any]


def environment(scratch: Path) -> dict[str, str]:
    """Returns the environment of measured processes: this working tree, nothing in the home folder.

    Args:
        scratch: a folder for what libraries put into their caches.
    """
    given = {k: v for k, v in os.environ.items() if not k.startswith("DISTILABEL_")}
    paths = [str(ROOT / "src"), str(ROOT), *filter(None, [given.get("PYTHONPATH")])]
    return {
        **given,
        "PYTHONPATH": os.pathsep.join(paths),
        "HF_HOME": str(scratch / "huggingface"),
        "HF_HUB_OFFLINE": "1",
        "DISTILABEL_CACHE_DIR": str(scratch / "distilabel"),
    }


@contextlib.contextmanager
def fresh_folder(where: Path | None = None) -> Iterator[Path]:
    """Creates a folder and removes it afterwards."""
    folder = Path(tempfile.mkdtemp(prefix="distilabel-bench-", dir=where))
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def module(name: str, *arguments: object) -> list[str]:
    """The command that runs a module of this package with the interpreter that runs this."""
    return [sys.executable, "-m", f"bench.{name}", *map(str, arguments)]


def measure(command: list[str], scratch: Path, *, timeout: float = 600.0, **more: str) -> Outcome:
    """Runs a process to its end and measures it.

    Args:
        command: what to run.
        scratch: a folder for its caches.
        timeout: seconds after which it has failed.
        more: environment variables.

    Raises:
        Broken: it failed, or did not end in time.
    """
    with (
        tempfile.TemporaryFile("w+", errors="replace") as out,
        tempfile.TemporaryFile("w+", errors="replace") as err,
    ):
        started, clock = time.time(), time.perf_counter()
        process = subprocess.Popen(
            command,
            cwd=ROOT,
            env={**environment(scratch), **more},
            stdin=subprocess.DEVNULL,
            stdout=out,
            stderr=err,
            # A group of its own, so that what it started can be ended with it.
            start_new_session=True,
        )
        try:
            with _alarm(timeout):
                _, status, usage = os.wait4(process.pid, 0)
        except BaseException as error:
            kill_group(process.pid)
            process.wait()
            if isinstance(error, TimeoutError):
                raise Broken(f"{_short(command)}: not done after {timeout:g} s") from None
            raise
        wall = time.perf_counter() - clock
        # It has been waited for; without this Popen would try once more.
        process.returncode = os.waitstatus_to_exitcode(status)
        lines, complaints = _lines(out), _lines(err)
    if process.returncode:
        told = "\n".join([*lines, *complaints][-_MOST_LINES:])
        raise Broken(f"{_short(command)}: exit status {process.returncode}\n{told}")
    try:
        said = json.loads(lines[-1])
    except (IndexError, ValueError):
        raise Broken(f"{_short(command)}: its last line is not JSON: {lines[-1:]}") from None
    return Outcome(
        started, wall, usage.ru_utime + usage.ru_stime, usage.ru_maxrss * 1024 / _MEGABYTE, said
    )


def kill_group(leader: int, number: int = signal.SIGKILL) -> None:
    """Sends a signal to a process that leads a group, and to all of the group."""
    with contextlib.suppress(ProcessLookupError):
        os.killpg(leader, number)


def end_tidily() -> None:
    """Handles SIGTERM like Ctrl-C, so that servers are stopped and folders removed."""

    def leave(number: int, frame: object) -> None:
        sys.exit(128 + number)

    signal.signal(signal.SIGTERM, leave)


@contextlib.contextmanager
def _alarm(seconds: float) -> Iterator[None]:
    # `wait4` knows no timeout, and polling it would cost the measured process some of its time.
    def expire(number: int, frame: object) -> None:
        raise TimeoutError

    before = signal.signal(signal.SIGALRM, expire)
    signal.setitimer(signal.ITIMER_REAL, seconds)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)


def _lines(file: Any) -> list[str]:
    file.seek(0)
    return str(file.read()).rstrip().splitlines()


def _short(command: list[str]) -> str:
    return " ".join(["python", *command[1:]])


class Server:
    """An HTTP server in its own process; a context manager that stops it.

    Args:
        command: what to run; prints its port first unless `port` is given.
        scratch: a folder for its caches.
        port: where it listens, if it does not say so itself.
    """

    def __init__(self, command: list[str], scratch: Path, port: int | None = None) -> None:
        self._command = command
        self._scratch = scratch
        self.port = port or 0

    def __enter__(self) -> Self:
        self._log = tempfile.TemporaryFile("w+", errors="replace")
        self._process = subprocess.Popen(
            self._command,
            cwd=ROOT,
            env=environment(self._scratch),
            stdin=subprocess.PIPE,
            stdout=self._log if self.port else subprocess.PIPE,
            stderr=self._log,
            text=True,
            start_new_session=True,
        )
        try:
            if not self.port:
                assert self._process.stdout is not None
                line = self._process.stdout.readline()
                if not line.strip().isdigit():
                    raise Broken(f"{_short(self._command)}: told no port\n{self.log()}")
                self.port = int(line)
            self._wait_until_it_answers()
        except BaseException:
            self.__exit__()
            raise
        return self

    def _wait_until_it_answers(self) -> None:
        end = time.monotonic() + 30
        while True:
            try:
                self.ask("GET", "/stats")
                return
            except OSError:
                if self._process.poll() is not None or time.monotonic() > end:
                    raise Broken(f"{_short(self._command)}: no answer\n{self.log()}") from None
                time.sleep(0.02)

    def log(self) -> str:
        """What it has written so far."""
        return "\n".join(_lines(self._log)[-_MOST_LINES:])

    def ask(self, method: str, path: str, body: object = None) -> dict[str, Any]:
        """One request, with a body of JSON if there is one, and its JSON answer."""
        connection = HTTPConnection("127.0.0.1", self.port, timeout=10)
        try:
            sent = b"" if body is None else json.dumps(body).encode()
            connection.request(method, path, sent, {"Content-Length": str(len(sent))})
            response = connection.getresponse()
            received = response.read()
        finally:
            connection.close()
        if response.status != 200:
            raise Broken(f"{method} {path}: status {response.status}, {received[:200]!r}")
        answer: dict[str, Any] = json.loads(received)
        return answer

    def __exit__(self, *_: object) -> None:
        kill_group(self._process.pid)
        self._process.communicate()
        self._log.close()


def endpoint(scratch: Path, latency: str = "constant:0") -> Server:
    """The bare endpoint of the benchmarks."""
    return Server(module("endpoint", "--latency", latency, "--until-stdin-ends"), scratch)

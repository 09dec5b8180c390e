"""Runs untrusted Python code in a process of its own, and returns what it says as JSON.

Guaranteed on Linux, for code that runs as the user and without any privilege:

| what the code cannot do | mechanism |
|---|---|
| read or write files, except Python's own, those named `readable`, and a fresh folder | Landlock |
| open sockets, start programs or processes, signal or trace others, raise limits | seccomp |
| see the environment of this process: keys are not in its own, and `/proc` is closed | both |
| take more memory, CPU time, disk or open files than the limits | `setrlimit`, and a watch here |
| run or write longer than the limits, or outlive the call | this process kills its session |
| hand objects over: the result is parsed as JSON and nothing else | this process |

Not guaranteed: that the result is true, because the code writes it; that the code learns nothing of
which files exist (Landlock does not hide names that are asked for one by one); and protection
against faults of the kernel. There is no limit on threads but memory.

Where Landlock or seccomp is missing (macOS, Linux before 5.13, some containers), code is refused,
unless `DISTILABEL_SANDBOX=weak` says that limits and a hook of Python's audit events are enough.
The hook stops accidents, not attacks; this is logged once.
"""

from __future__ import annotations

import functools
import json
import logging
import os
import selectors
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Final

import distilabel
from distilabel._sandbox import landlock, seccomp
from distilabel.errors import DistilabelUserError

_log = logging.getLogger("distilabel.sandbox")

WEAK: Final = "DISTILABEL_SANDBOX"
_START: Final = (
    "import sys; sys.path.insert(0, sys.argv.pop(1)); from distilabel._sandbox.child import main;"
    " del sys.path[0]; main()"
)
_MOST_FILES: Final = 1000
# Seconds between two looks at the folder.
_WATCH: Final = 0.05
# Starting Python takes time of its own, more so on a busy machine.
_START_SECONDS: Final = 20.0


@dataclass(frozen=True, slots=True)
class Limits:
    """What the code may use.

    Attributes:
        seconds: Time from when the code begins.
        memory: Address space in bytes, Python included.
        disk: Bytes in the folder.
        output: Bytes of the result and of what the code prints, together.
    """

    seconds: float = 5.0
    memory: int = 1 << 30
    disk: int = 16 << 20
    output: int = 1 << 20


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of the code.

    Attributes:
        ok: Whether it ended by itself and without an exception.
        value: What the function returned, if that is JSON; else None.
        text: What the function returned, as text.
        error: What went wrong, in one line; None if nothing did.
        printed: What the code printed.
    """

    ok: bool
    value: Any = None
    text: str = ""
    error: str | None = None
    printed: str = ""


def missing_mechanism() -> str | None:
    """Returns what the system lacks to confine code; None if it lacks nothing."""
    if not landlock.version():
        return "the system has no Landlock (Linux 5.13 or newer, not disabled)"
    return seccomp.missing()


def check_available() -> bool:
    """Checks that code can be run here.

    Returns:
        True if code is confined by the kernel, False if only by limits and an audit hook.

    Raises:
        DistilabelUserError: It cannot be confined, and the user has not allowed the weak way.
    """
    lacking = missing_mechanism()
    if lacking is None:
        return True
    if os.name != "posix":
        raise DistilabelUserError(
            f"untrusted code cannot be run safely here: {lacking}. Run it on Linux."
        )
    if os.environ.get(WEAK) != "weak":
        raise DistilabelUserError(
            f"untrusted code cannot be run safely here: {lacking}. Run it on Linux, or set "
            f"{WEAK}=weak to run it with limits and an audit hook only, which stop accidents but "
            "not attacks."
        )
    _warn_once(lacking)
    return False


@functools.cache
def _warn_once(lacking: str) -> None:
    _log.warning("Code runs with limits and an audit hook only, because %s.", lacking)


def run_code(
    source: str | None = None,
    *,
    path: str | Path | None = None,
    then: str | None = None,
    function: str | None = None,
    args: Sequence[Any] = (),
    kwargs: Mapping[str, Any] | None = None,
    readable: Sequence[str | Path] = (),
    limits: Limits | None = None,
) -> Outcome:
    """Runs code in a confined process, and calls a function of it.

    Args:
        source: Code of the module.
        path: File of the module, instead of `source`. The process may read it.
        then: Code that runs after the module, in its namespace, such as tests.
        function: Function of the module to call; None to call none.
        args: Arguments by position, as JSON.
        kwargs: Arguments by name, as JSON; by position if the function has no such names.
        readable: More files and folders that the process may read.
        limits: Limits; None for those of `Limits`.

    Returns:
        The outcome. Faults of the code are in it and never raise.

    Raises:
        DistilabelUserError: Code cannot be confined here; see `check_available`.
    """
    limits = limits or Limits()
    strong = check_available()
    own = [] if path is None else [os.path.abspath(path)]
    folder = os.path.realpath(tempfile.mkdtemp(prefix="distilabel-sandbox-"))
    job = {
        "folder": folder,
        "readable": [*own, *map(os.path.abspath, readable)],
        "limits": asdict(limits),
        "strong": strong,
        "source": source,
        "path": own[0] if own else None,
        "then": then,
        "function": function,
        "args": list(args),
        "kwargs": dict(kwargs or {}),
    }
    try:
        return _Run(folder, limits).run(json.dumps(job).encode())
    except (TypeError, ValueError, RecursionError) as error:
        return Outcome(False, error=f"the arguments cannot be sent: {error}")
    finally:
        shutil.rmtree(folder, ignore_errors=True)


class _Run:
    """One process, from its start to its end."""

    def __init__(self, folder: str, limits: Limits) -> None:
        self._folder = folder
        self._limits = limits
        self._answer = bytearray()
        self._printed = bytearray()

    def run(self, job: bytes) -> Outcome:
        reading, writing = os.pipe()
        # Written before the start, so that a process that does not read holds nothing up.
        with tempfile.TemporaryFile() as given:
            given.write(job)
            given.seek(0)
            root = str(Path(distilabel.__file__).parents[1])
            try:
                process = subprocess.Popen(
                    [sys.executable, "-I", "-B", "-c", _START, root, str(writing)],
                    stdin=given,
                    stdout=subprocess.PIPE,
                    stderr=subprocess.STDOUT,
                    pass_fds=(writing,),
                    env=_environment(self._folder),
                    cwd=self._folder,
                    start_new_session=True,
                )
            except BaseException:
                os.close(reading)
                raise
            finally:
                os.close(writing)
        try:
            fault = self._watch(process, reading)
        finally:
            _kill(process)
            os.close(reading)
        return self._outcome(fault, process.returncode)

    def _watch(self, process: subprocess.Popen[bytes], reading: int) -> str | None:
        """Reads until the answer is there; returns what the process did wrong."""
        limits = self._limits
        end = time.monotonic() + limits.seconds + _START_SECONDS
        began = False
        assert process.stdout is not None
        with process.stdout as printing, selectors.DefaultSelector() as selector:
            selector.register(reading, selectors.EVENT_READ, self._answer)
            selector.register(printing.fileno(), selectors.EVENT_READ, self._printed)
            while True:
                for key, _ in selector.select(_WATCH):
                    data = os.read(key.fd, 1 << 16)
                    if not data:
                        selector.unregister(key.fd)
                        if key.fd == reading:
                            self._finish(process, printing.fileno())
                            return None
                    if not began and key.fd == reading and data:
                        # The first byte says that the process is confined and begins.
                        began, data = True, data[1:]
                        end = time.monotonic() + limits.seconds
                    key.data.extend(data)
                if len(self._answer) + len(self._printed) > limits.output:
                    return f"it wrote more than {limits.output:,} bytes"
                if time.monotonic() > end:
                    return f"it ran longer than {limits.seconds:g} s"
                if _is_too_full(self._folder, limits.disk):
                    return f"it wrote more than {limits.disk:,} bytes or {_MOST_FILES} files"

    def _finish(self, process: subprocess.Popen[bytes], printing: int) -> None:
        """Reads what is printed already; for a process without an answer, awaits its status."""
        if not self._answer:
            with suppress(subprocess.TimeoutExpired):
                process.wait(0.5)
        os.set_blocking(printing, False)
        with suppress(BlockingIOError):
            self._printed.extend(os.read(printing, 1 << 16))

    def _outcome(self, fault: str | None, status: int) -> Outcome:
        printed = self._printed.decode("utf-8", "replace")
        answer = _parse(bytes(self._answer))
        if fault is not None:
            return Outcome(False, error=fault, printed=printed)
        if answer is None:
            how = _signal_name(-status) if status < 0 else f"exit status {status}"
            return Outcome(False, error=f"it ended without a result ({how})", printed=printed)
        if "error" in answer:
            return Outcome(False, error=str(answer["error"]), printed=printed)
        return Outcome(True, answer.get("value"), str(answer.get("text", "")), None, printed)


def _environment(folder: str) -> dict[str, str]:
    """Returns an environment with nothing of the user's in it."""
    fixed = {
        "HOME": folder,
        "TMPDIR": folder,
        "LANG": "C.UTF-8",
        "PYTHONHASHSEED": "0",
        # One thread: each takes address space.
        "OPENBLAS_NUM_THREADS": "1",
        "OMP_NUM_THREADS": "1",
    }
    # Some builds of Python find their own library with it.
    libraries = os.environ.get("LD_LIBRARY_PATH")
    return fixed if libraries is None else {**fixed, "LD_LIBRARY_PATH": libraries}


def _kill(process: subprocess.Popen[bytes]) -> None:
    # Its whole session; while it is not collected, its number cannot be that of another process.
    if process.returncode is None:
        with suppress(ProcessLookupError, PermissionError):
            os.killpg(process.pid, signal.SIGKILL)
        process.wait()


def _is_too_full(folder: str, limit: int) -> bool:
    total = count = 0
    with suppress(OSError), os.scandir(folder) as entries:
        for entry in entries:
            with suppress(OSError):
                total += entry.stat(follow_symlinks=False).st_size
            count += 1
            if count > _MOST_FILES or total > limit:
                return True
    return False


def _parse(answer: bytes) -> dict[str, Any] | None:
    try:
        found = json.loads(answer)
    except (ValueError, RecursionError):
        return None
    return found if isinstance(found, dict) else None


def _signal_name(number: int) -> str:
    try:
        return signal.Signals(number).name
    except ValueError:
        return f"signal {number}"

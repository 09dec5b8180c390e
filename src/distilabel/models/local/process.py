"""`EngineProcess`: the process of an engine, as the parent sees it."""

from __future__ import annotations

import atexit
import contextlib
import json
import os
import queue
import re
import subprocess
import sys
import threading
from collections import deque
from collections.abc import Callable
from typing import Any, Final
from weakref import WeakSet

from distilabel.models.local.messages import MessageWriter, read_message

# The program of the process. It never imports the user's program, which needs no guard therefore.
_PROGRAM: Final = (
    "import sys, json; sys.path[:] = json.loads(sys.argv[1]); "
    "from distilabel.models.local.process_main import main; main()"
)
_LAST_LINES: Final = 12
_END_SECONDS: Final = 5.0
_LINE_END: Final = re.compile(rb"[\r\n]")

_alive: WeakSet[EngineProcess] = WeakSet()


class EngineProcess:
    """Starts a process and exchanges messages with it.

    It ends with this one, however this one ends: its standard input closes then.

    Args:
        environment: Environment variables in addition to those of this process.
        on_message: Called with each message, in a thread.
        on_end: Called once, when the process has ended.
        on_line: Called with each line that it prints.
    """

    def __init__(
        self,
        environment: dict[str, str],
        on_message: Callable[[EngineProcess, tuple[Any, ...]], None],
        on_end: Callable[[EngineProcess], None],
        on_line: Callable[[str], None],
    ) -> None:
        self._on_message = on_message
        self._on_end = on_end
        self._on_line = on_line
        self._lines: deque[str] = deque(maxlen=_LAST_LINES)
        self._outbox: queue.SimpleQueue[tuple[Any, ...] | None] = queue.SimpleQueue()
        self._process = subprocess.Popen(
            [sys.executable, "-c", _PROGRAM, json.dumps(sys.path)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            # Progress bars of downloads are shown without a terminal as well.
            env={**os.environ, "TQDM_POSITION": "-1", **environment},
            # Ctrl-C is for the parent.
            start_new_session=True,
        )
        _alive.add(self)
        self._printed = threading.Thread(target=self._read_lines, daemon=True)
        self._printed.start()
        self._workers = [
            threading.Thread(target=work, name="distilabel-engine", daemon=True)
            for work in (self._read_messages, self._write_messages)
        ]
        for thread in self._workers:
            thread.start()

    @property
    def pid(self) -> int:
        """Number of the process."""
        return self._process.pid

    def send(self, *message: Any) -> None:
        """Sends a message, without waiting.

        Args:
            message: Its kind, then its content.
        """
        self._outbox.put(message)

    def end(self) -> None:
        """Ends the process, whatever it is doing, and waits for its end."""
        self.kill()
        with contextlib.suppress(subprocess.TimeoutExpired):
            self._process.wait(_END_SECONDS)
        for thread in (*self._workers, self._printed):
            if thread is not threading.current_thread():
                thread.join(_END_SECONDS)

    def kill(self) -> None:
        """Ends the process at once, without waiting: its memory is given back."""
        _alive.discard(self)
        self._outbox.put(None)
        self._process.kill()

    def how_it_ended(self) -> str:
        """Returns how the process ended, like `was killed by signal 9`."""
        status = self._process.wait()
        if status == -9:
            return "was killed (signal 9), probably out of memory"
        if status == -11:
            return "crashed with a segmentation fault (signal 11)"
        return f"was killed by signal {-status}" if status < 0 else f"exited with status {status}"

    def last_lines(self) -> str:
        """Returns what it printed last."""
        self._printed.join(1.0)
        return "\n".join(self._lines)

    def _read_messages(self) -> None:
        assert self._process.stdout is not None
        with contextlib.suppress(OSError, ValueError):
            while (message := read_message(self._process.stdout)) is not None:
                self._on_message(self, message)
        self.kill()
        self._process.wait()
        self._process.stdout.close()
        self._on_end(self)

    def _write_messages(self) -> None:
        assert self._process.stdin is not None
        writer = MessageWriter(self._process.stdin)
        with contextlib.suppress(OSError, ValueError):
            while (message := self._outbox.get()) is not None:
                writer.write(*message)
        with contextlib.suppress(OSError):
            self._process.stdin.close()

    def _read_lines(self) -> None:
        assert self._process.stderr is not None
        rest = b""
        while data := os.read(self._process.stderr.fileno(), 65536):
            *lines, rest = _LINE_END.split(rest + data)
            for line in lines:
                text = line.decode(errors="replace").strip()
                if text:
                    self._on_line(text)
                    # A progress bar would push errors out.
                    if "%|" not in text:
                        self._lines.append(text[:300])
        self._process.stderr.close()


def _kill_all() -> None:
    for process in list(_alive):
        process.kill()


atexit.register(_kill_all)

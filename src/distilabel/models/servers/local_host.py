"""`LocalHost`: servers as processes on this machine, which end with the program."""

from __future__ import annotations

import importlib.util
import json
import logging
import os
import re
import secrets
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final

from distilabel import envs
from distilabel._core.printable import printable
from distilabel.constants import BASE_CACHE_DIR
from distilabel.models.servers import watchdog
from distilabel.models.servers.failures import explain, install_line, tail
from distilabel.models.servers.host import Address, ServerFailed, StartCanceled
from distilabel.models.servers.progress import phase_of
from distilabel.models.servers.spec import Engine, ServerSpec

_LOCAL: Final = "127.0.0.1"
_POLL_SECONDS: Final = 0.1
# Seconds between two looks into the log of a server that starts.
_READ_SECONDS: Final = 0.5
# Seconds between two messages about a start that is in the same phase, and between two checks of a
# server that runs.
_REPORT_SECONDS: Final = 30.0
_CHECK_SECONDS: Final = 10.0
_HTTP_SECONDS: Final = 5.0
# Checks in a row in which a server says that it is broken, after which it is started again.
_MOST_UNHEALTHY: Final = 3
# A port that is free may be taken before the server listens on it.
_MOST_PORTS: Final = 3
# Logs that are kept of earlier runs.
_KEPT_LOGS: Final = 50

_log = logging.getLogger("distilabel.llm")


class LocalHost:
    """Servers as processes on this machine.

    Args:
        gpus: Returns the ids of the GPUs for a replica; None if the engine chooses.
    """

    waits_for_all = True

    def __init__(self, gpus: Callable[[int], list[str] | None]) -> None:
        self._gpus_of = gpus
        # A server that is started again keeps its GPUs.
        self._gpus: dict[int, list[str] | None] = {}

    def check(self, spec: ServerSpec) -> None:
        """Checks that the package is installed, if this interpreter is to run it."""
        check_package(spec)

    def place(self, spec: ServerSpec, number: int) -> LocalServer:
        """Returns a server that is not started yet."""
        if number not in self._gpus:
            self._gpus[number] = self._gpus_of(number)
        return LocalServer(spec, number, gpus=self._gpus[number])


def check_package(spec: ServerSpec) -> None:
    """Checks that the package of an engine is installed, if this interpreter is to run it.

    Args:
        spec: What a server is started with.

    Raises:
        ImportError: It is not installed.
    """
    python = python_of(spec.engine)
    package = spec.engine.package
    if python == sys.executable and importlib.util.find_spec(package) is None:
        raise ImportError(
            f"{spec.engine.name}: the package {package!r} is not installed. Run: "
            f"{install_line(spec, python)}. If it is installed in an environment of its own, "
            f"set the environment variable {spec.engine.python_variable} to the Python "
            "interpreter of that environment.",
            name=package,
        )


class LocalServer:
    """A server on this machine; see `RunningServer`.

    Args:
        spec: What it is started with.
        number: Index of the replica.
        address: IP address that it listens on.
        gpus: GPUs it may use; None for those that this process may use.
    """

    def __init__(
        self,
        spec: ServerSpec,
        number: int,
        *,
        address: str = _LOCAL,
        gpus: list[str] | None = None,
    ) -> None:
        self._spec = spec
        self._number = number
        self._address = address
        self._gpus = gpus
        self._python = python_of(spec.engine)
        self._process: subprocess.Popen[bytes] | None = None
        self._url = ""
        self._key = ""
        self._log_path = Path()

    def start(self, is_canceled: Callable[[], bool]) -> Address:
        """Starts the server on a free port and waits until it answers."""
        for attempt in range(1, _MOST_PORTS + 1):
            self._spawn()
            status = self._wait_until_ready(is_canceled)
            if status is None:
                version = _version(self._url, self._key)
                return Address(self._url, self._key, version)
            self._close()
            failure = explain(self._spec, self._python, self._log_path, status)
            if not failure.can_retry or attempt == _MOST_PORTS:
                break
        raise ServerFailed(failure.text)

    def _spawn(self) -> None:
        engine = self._spec.engine
        folder = log_folder()
        self._log_path = _new_log(folder, self._spec.model, self._number)
        port = _free_port(self._address)
        self._url = f"http://{self._address}:{port}"
        self._key = secrets.token_urlsafe(24)
        environment = dict(os.environ)
        if self._python != sys.executable:
            # These are for this interpreter, and lead another one astray.
            for name in ("PYTHONPATH", "PYTHONHOME", "VIRTUAL_ENV", "__PYVENV_LAUNCHER__"):
                environment.pop(name, None)
        if self._gpus is not None:
            environment["CUDA_VISIBLE_DEVICES"] = ",".join(self._gpus)
        # So that the log shows at once what happens.
        environment["PYTHONUNBUFFERED"] = "1"
        command = [self._python, "-m", *engine.module, *self._spec.arguments]
        command += ["--host", self._address, "--port", str(port)]
        for flag, text in self._spec.files:
            command += [flag, str(_write(self._log_path.with_suffix(f".{flag.strip('-')}"), text))]
        if engine.key_variable:
            environment[engine.key_variable] = self._key
        else:
            # A key among the arguments would be visible to all users of the machine.
            config = _write(self._log_path.with_suffix(".yaml"), f"api-key: '{self._key}'\n")
            command += ["--config", str(config)]
        _log.info(
            "%s: starting a server for %s. Its log is %s",
            engine.name,
            self._spec.model,
            self._log_path,
        )
        with self._log_path.open("ab") as log:
            try:
                self._process = subprocess.Popen(
                    [sys.executable, "-I", "-S", watchdog.__file__, str(os.getpid()), *command],
                    stdin=subprocess.PIPE,
                    stdout=log,
                    stderr=log,
                    env=environment,
                )
            except OSError as error:
                raise ServerFailed(f"{engine.name}: the server could not start: {error}") from error

    def _wait_until_ready(self, is_canceled: Callable[[], bool]) -> int | None:
        """Waits until the server answers; returns its exit status if it has ended."""
        assert self._process is not None
        started = read_at = said_at = time.monotonic()
        said = "starting"
        while not _is_ready(self._url, self._key):
            if is_canceled():
                self.stop()
                raise StartCanceled
            try:
                return self._process.wait(_POLL_SECONDS)
            except subprocess.TimeoutExpired:
                pass
            now = time.monotonic()
            if now - read_at < _READ_SECONDS:
                continue
            read_at = now
            phase = phase_of(tail(self._log_path))
            if phase.partition(" (")[0] != said or now - said_at > _REPORT_SECONDS:
                said, said_at = phase.partition(" (")[0], now
                _log.info(
                    "%s: %s: %s, %.0f s",
                    self._spec.engine.name,
                    self._spec.model,
                    printable(phase),
                    now - started,
                )
        _log.info(
            "%s: %s is ready after %.0f s",
            self._spec.engine.name,
            self._spec.model,
            time.monotonic() - started,
        )
        return None

    def wait(self) -> str:
        """Waits until the server has ended, or ends it once it says that it is broken."""
        assert self._process is not None
        unhealthy = 0
        while True:
            try:
                status = self._process.wait(_CHECK_SECONDS)
            except subprocess.TimeoutExpired:
                # No answer may mean that it is busy; an error of the server means that it is not.
                unhealthy = unhealthy + 1 if _health(self._url, self._key) >= 500 else 0
                if unhealthy < _MOST_UNHEALTHY:
                    continue
                self.stop()
                status = 1
            self._close()
            return explain(self._spec, self._python, self._log_path, status).text

    def stop(self) -> None:
        """Closes the pipe, at which the watchdog ends the server."""
        if self._process is not None:
            self._close()
            self._process.wait()

    def _close(self) -> None:
        if self._process is not None and self._process.stdin is not None:
            self._process.stdin.close()


def python_of(engine: Engine) -> str:
    """Returns the Python interpreter that runs an engine.

    It is set by an environment variable, not in the pipeline, because it is a fact of the machine.

    Args:
        engine: The engine.
    """
    return os.environ.get(engine.python_variable, "").strip() or sys.executable


def log_folder() -> Path:
    """Returns the folder for logs of servers; creates it and removes the oldest logs."""
    base = envs.DISTILABEL_CACHE_DIR
    folder = (Path(base).expanduser() if base else BASE_CACHE_DIR) / "servers"
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    logs = sorted(folder.glob("*.log"))
    for log in logs[:-_KEPT_LOGS]:
        for path in folder.glob(f"{log.stem}.*"):
            path.unlink(missing_ok=True)
    return folder


def _new_log(folder: Path, model: str, number: int) -> Path:
    name = re.sub(r"[^A-Za-z0-9_-]+", "-", model.rstrip("/").rpartition("/")[2])[:40]
    stem = f"{time.strftime('%Y%m%d-%H%M%S')}-{name}-{number}-{secrets.token_hex(2)}"
    return folder / f"{stem}.log"


def _write(path: Path, text: str) -> Path:
    """Writes a file that only this user can read."""
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with open(descriptor, "w", encoding="utf-8") as file:
        file.write(text)
    return path


def _free_port(address: str) -> int:
    with socket.socket() as listener:
        listener.bind((address, 0))
        port: int = listener.getsockname()[1]
        return port


def _get(url: str, key: str) -> tuple[int, bytes]:
    """Returns the status and the body of a reply; 0 and nothing without a reply."""
    request = urllib.request.Request(url, headers={"Authorization": f"Bearer {key}"})
    # No proxy: the address is one of this machine.
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    try:
        with opener.open(request, timeout=_HTTP_SECONDS) as reply:
            return int(reply.status), bytes(reply.read())
    except urllib.error.HTTPError as error:
        return error.code, b""
    except OSError:
        return 0, b""


def _health(url: str, key: str) -> int:
    return _get(f"{url}/health", key)[0]


def _is_ready(url: str, key: str) -> bool:
    # The key is its own: another program on the port would reject it.
    return _health(url, key) == 200 and _get(f"{url}/v1/models", key)[0] == 200


def _version(url: str, key: str) -> str:
    status, body = _get(f"{url}/version", key)
    try:
        data: Any = json.loads(body) if status == 200 else {}
    except ValueError:
        return ""
    return str(data.get("version") or "") if isinstance(data, dict) else ""

"""Which GPUs this machine has, and which of them models have reserved.

Reservations of all programs on the machine are kept in one file under a lock. One whose program
has ended no longer counts.
"""

from __future__ import annotations

import json
import os
import socket
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any, Final

try:
    import fcntl
except ImportError:  # Windows: nothing is locked there
    fcntl = None  # type: ignore[assignment]

VARIABLE: Final = "CUDA_VISIBLE_DEVICES"
_FILE: Final = "distilabel_cuda_device_placement_mixin.json"
_LIST_SECONDS: Final = 30


def visible_devices() -> list[str]:
    """Returns the GPUs that this process may use: those of `CUDA_VISIBLE_DEVICES`, or all.

    They are read from `nvidia-smi`, which comes with the driver: no package is needed, and no
    context is created on the GPUs.
    """
    given = os.environ.get(VARIABLE)
    if given is not None:
        return [each.strip() for each in given.split(",") if each.strip()]
    command = ["nvidia-smi", "--query-gpu=index", "--format=csv,noheader"]
    try:
        done = subprocess.run(
            command, capture_output=True, text=True, timeout=_LIST_SECONDS, check=True
        )
    except (OSError, subprocess.SubprocessError):
        return []
    return [line.strip() for line in done.stdout.splitlines() if line.strip().isdigit()]


def reservations_file() -> Path:
    """Returns the file with the reservations of this machine."""
    folder = Path(tempfile.gettempdir(), "distilabel", "cuda_device_placement")
    return folder / socket.gethostname() / _FILE


def reserve(name: str, count: int, devices: list[str]) -> list[str]:
    """Reserves free GPUs.

    Args:
        name: Who reserves them: `<step>-replica-<number>`.
        count: How many GPUs.
        devices: GPUs to choose from.

    Returns:
        The GPUs; fewer than `count` if fewer are free.
    """
    with _locked() as held:
        taken = {device for entry in held.values() for device in entry["devices"]}
        free = [device for device in devices if device not in taken][:count]
        if free:
            _add(held, name, free)
        return free


def claim(name: str, devices: list[str]) -> list[str]:
    """Records that a model uses GPUs that the user chose.

    Args:
        name: As for `reserve`.
        devices: The GPUs.

    Returns:
        Those that another model uses as well.
    """
    with _locked() as held:
        taken = {device for entry in held.values() for device in entry["devices"]}
        _add(held, name, devices)
        return [device for device in devices if device in taken]


def release(name: str) -> None:
    """Ends the reservations that this process made under a name.

    Args:
        name: As for `reserve`.
    """
    with _locked() as held:
        held.pop(_key(name), None)


def _key(name: str) -> str:
    return f"{name} ({os.getpid()})"


def _add(held: dict[str, Any], name: str, devices: list[str]) -> None:
    before = held.get(_key(name), {"devices": []})["devices"]
    held[_key(name)] = {"pid": os.getpid(), "devices": [*before, *devices]}


@contextmanager
def _locked() -> Iterator[dict[str, Any]]:
    """Yields the reservations that count, under the lock; writes them back."""
    path = reservations_file()
    path.parent.mkdir(parents=True, exist_ok=True)
    # Other users of the machine reserve in the same file.
    with suppress(OSError):
        path.parent.chmod(0o777)
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT, 0o666)
    with suppress(OSError):
        os.chmod(path, 0o666)
    with open(descriptor, "r+", encoding="utf-8") as file:
        if fcntl is not None:
            fcntl.flock(file, fcntl.LOCK_EX)
        held = _read(file.read())
        yield held
        file.seek(0)
        file.truncate()
        json.dump(held, file)


def _read(text: str) -> dict[str, Any]:
    try:
        data = json.loads(text or "{}")
        return {
            name: {"pid": int(entry["pid"]), "devices": [str(d) for d in entry["devices"]]}
            for name, entry in data.items()
            if _runs(int(entry["pid"]))
        }
    except (ValueError, TypeError, KeyError, AttributeError):
        return {}


def _runs(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except OSError:  # of another user
        return True
    return True

"""Places that fail: folders of a process on a disk that is full or cannot be written."""

from __future__ import annotations

import functools
import json
import shutil
import subprocess
import sys
import textwrap
from pathlib import Path

import pytest

from faults.table import Seen


@functools.cache
def _why_none() -> str:
    """Why a process cannot have a disk of its own here; empty if it can."""
    if shutil.which("unshare") is None:
        return "there is no `unshare` here"
    mount = "mount -t tmpfs none /tmp"
    tried = subprocess.run(["unshare", "-rm", "sh", "-c", mount], capture_output=True, text=True)
    return tried.stderr.strip()


def seen_on(disk: str, program: str, folder: Path, *arguments: str) -> Seen:
    """What a program saw that ran with a disk of its own.

    Args:
        disk: commands that make it, at `$PWD/disk`; they need no root and end with the process.
        program: prints what it saw, as JSON. `DISK` and `disk(command)` are there.
        folder: to run in.
        arguments: of the program.
    """
    why = _why_none()
    if why:
        pytest.skip(f"no process can have a disk of its own: {why}")
    (folder / "disk").mkdir()
    (folder / "program.py").write_text(_BEGIN + textwrap.dedent(program), encoding="utf-8")
    start = ["unshare", "-rm", "sh", "-c", f'{disk} && exec "$0" "$@"', sys.executable]
    done = subprocess.run(
        [*start, "program.py", *arguments],
        cwd=folder,
        capture_output=True,
        text=True,
        env={"PYTHONPATH": ":".join(sys.path), "PATH": "/usr/sbin:/usr/bin:/sbin:/bin"},
        timeout=60,
    )
    assert done.returncode == 0, done.stderr
    # Whatever a disk does: nobody is shown where in the code.
    assert "Traceback" not in done.stderr, done.stderr
    assert "Logging error" not in done.stderr, done.stderr
    return Seen(**json.loads(done.stdout.splitlines()[-1]))


_BEGIN = """
import dataclasses, json, subprocess, sys
from pathlib import Path
from faults.job import Job, questions

DISK = Path("disk").absolute()

def disk(command):
    subprocess.run(command, shell=True, check=True)

def show(seen):
    print(json.dumps(dataclasses.asdict(seen)))
"""

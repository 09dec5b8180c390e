"""Where a pipeline keeps things: one folder per configuration, one store per cache directory."""

from __future__ import annotations

import contextlib
import os
import shutil
import socket
import sys
from dataclasses import dataclass
from pathlib import Path
from uuid import uuid4

from distilabel import envs
from distilabel.constants import (
    PIPELINE_CONFIG_FILENAME,
    PIPELINE_EVENTS_FILENAME,
    PIPELINE_LOG_FILENAME,
    PIPELINES_CACHE_DIR,
)


@dataclass
class RunDirectory:
    """Files of one configuration of a pipeline.

    Attributes:
        root: the cache directory.
        execution: folder of this configuration.
    """

    root: Path
    execution: Path

    @classmethod
    def of(cls, cache_dir: Path, name: str, signature: str, steps_signature: str) -> RunDirectory:
        """The places of a pipeline with these signatures."""
        return cls(cache_dir, cache_dir / name / signature / "executions" / steps_signature)

    @property
    def store(self) -> Path:
        """Answers and outputs of steps, shared by all pipelines of this cache directory."""
        return self.root / "answers.sqlite"

    @property
    def config(self) -> Path:
        """The dump of the pipeline."""
        return self.execution / PIPELINE_CONFIG_FILENAME

    @property
    def log(self) -> Path:
        """The log of the last run."""
        return self.execution / PIPELINE_LOG_FILENAME

    @property
    def events(self) -> Path:
        """The events of the last run, as lines of JSON."""
        return self.execution / PIPELINE_EVENTS_FILENAME

    @property
    def data(self) -> Path:
        """The outputs of the last finished run."""
        return self.execution / "data"

    @property
    def waiting_rows(self) -> Path:
        """Rows that wait for global steps, if they are not to wait in memory."""
        return self.execution / "batch_input_data"

    def fresh_data(self) -> Path:
        """A folder of its own for the outputs of a run that begins.

        Those of runs of this machine that were killed are removed.
        """
        for folder, pid in _data_of_runs(self.execution):
            if not is_alive(pid):
                shutil.rmtree(folder, ignore_errors=True)
        folder = self.execution / f"data-{_host()}-{os.getpid()}-{uuid4().hex[:8]}"
        folder.mkdir(parents=True)
        return folder

    def put_in_place(self, folder: Path) -> Path:
        """Makes the outputs of a run the last ones; older ones are removed.

        Raises:
            OSError: the folder cannot be moved.
        """
        for last_try in (False,) * 20 + (True,):
            old = folder.with_name(f"{folder.name}-old-{uuid4().hex[:8]}")
            # Another process may do the same at the same moment.
            with contextlib.suppress(FileNotFoundError):
                self.data.rename(old)
                shutil.rmtree(old, ignore_errors=True)
            try:
                folder.rename(self.data)
            except OSError:
                if last_try or not self.data.exists():
                    raise
            else:
                break
        return self.data


def _host() -> str:
    return socket.gethostname() or "here"


def _data_of_runs(execution: Path) -> list[tuple[Path, int]]:
    """The folders of runs of this machine that have not ended, and their processes."""
    start = f"data-{_host()}-"
    found = []
    for folder in execution.glob(f"{start}*"):
        pid = folder.name.removeprefix(start).partition("-")[0]
        if pid.isdigit():
            found.append((folder, int(pid)))
    return found


def runs_in(execution: Path) -> bool:
    """Whether a process of this machine runs the pipeline of a folder now."""
    return any(is_alive(pid) for _, pid in _data_of_runs(execution))


def is_alive(pid: int) -> bool:
    """Whether there is a process of that number on this machine."""
    if sys.platform == "win32":  # asking would end it
        return True
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except OSError:  # somebody else's
        return True
    return True


def cache_directory(given: str | os.PathLike[str] | None) -> Path:
    """The cache directory: what is given, else `DISTILABEL_CACHE_DIR`, else one at home."""
    return Path(given or envs.DISTILABEL_CACHE_DIR or PIPELINES_CACHE_DIR).expanduser()

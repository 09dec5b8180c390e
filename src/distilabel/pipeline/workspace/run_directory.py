"""The files of a run: one directory per configuration, one answer store per cache directory."""

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
from distilabel._core.file_names import file_name
from distilabel._core.private_files import create_private_folder, make_private, open_private
from distilabel.constants import (
    PIPELINE_CONFIG_FILENAME,
    PIPELINE_EVENTS_FILENAME,
    PIPELINE_LOG_FILENAME,
    PIPELINES_CACHE_DIR,
)
from distilabel.errors import DistilabelUserError


@dataclass
class RunDirectory:
    """The files of one configuration of a pipeline.

    Attributes:
        root: Cache directory.
        execution: Directory of this configuration.
    """

    root: Path
    execution: Path

    @classmethod
    def of(cls, cache_dir: Path, name: str, signature: str, steps_signature: str) -> RunDirectory:
        """Returns the run directory of a pipeline with these signatures."""
        folder = cache_dir / file_name(name) / signature / "executions" / steps_signature
        return cls(cache_dir, folder)

    @property
    def store(self) -> Path:
        """Answer store, shared by all pipelines in the cache directory."""
        return self.root / "answers.sqlite"

    @property
    def config(self) -> Path:
        """Saved pipeline."""
        return self.execution / PIPELINE_CONFIG_FILENAME

    @property
    def log(self) -> Path:
        """Log of the latest run."""
        return self.execution / PIPELINE_LOG_FILENAME

    @property
    def events(self) -> Path:
        """Events of the latest run, as JSON Lines."""
        return self.execution / PIPELINE_EVENTS_FILENAME

    @property
    def data(self) -> Path:
        """Outputs of the latest finished run."""
        return self.execution / "data"

    @property
    def waiting_rows(self) -> Path:
        """Directory for rows that wait for global steps, if they do not wait in memory."""
        return self.execution / "batch_input_data"

    def check_root(self) -> None:
        """Checks that the cache directory is a folder, or can be one, that can be written to.

        Raises:
            DistilabelUserError: It cannot be used.
        """
        found = next((path for path in (self.root, *self.root.parents) if path.exists()), None)
        if found is not None and not found.is_dir():
            why = f"{found} is a file, not a folder"
        elif found is not None and not os.access(found, os.W_OK | os.X_OK):
            why = f"this user may not write to {found}"
        else:
            return
        raise DistilabelUserError(
            f"The cache directory {self.root} cannot be used: {why}. Choose another one: "
            "Pipeline(cache_dir=...) or the environment variable DISTILABEL_CACHE_DIR."
        )

    def create(self) -> None:
        """Creates the directory and its files, readable for this user alone: they hold the rows.

        Raises:
            OSError: The directory cannot be created, or not be written to.
        """
        create_private_folder(self.execution)
        make_private(self.execution)
        for file in (self.config, self.log):
            open_private(file, "ab").close()
            make_private(file)

    def fresh_data(self) -> Path:
        """Creates a directory for the outputs of a new run.

        Removes those of runs on this machine that were killed.
        """
        for folder, pid in _data_of_runs(self.execution):
            if not is_alive(pid):
                shutil.rmtree(folder, ignore_errors=True)
        folder = self.execution / f"data-{_host()}-{os.getpid()}-{uuid4().hex[:8]}"
        create_private_folder(folder)
        return folder

    def unfinished_data(self, pid: int | None = None) -> Path | None:
        """Returns the outputs of a run that has not finished: the latest one on this machine.

        Args:
            pid: Id of the process of the run; None for any.
        """
        found = [folder for folder, of in _data_of_runs(self.execution) if pid in (None, of)]
        return max(found, key=lambda folder: folder.stat().st_mtime, default=None)

    def put_in_place(self, folder: Path) -> Path:
        """Replaces the outputs of the previous run by those in `folder`.

        Returns:
            The new path of the outputs.

        Raises:
            OSError: The directory cannot be moved.
        """
        for last_try in (False,) * 20 + (True,):
            old = folder.with_name(f"{folder.name}-old-{uuid4().hex[:8]}")
            # Another process may do the same at the same time.
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
    """Returns the output directories of unfinished runs on this machine, and their process ids."""
    start = f"data-{_host()}-"
    found = []
    for folder in execution.glob(f"{start}*"):
        pid = folder.name.removeprefix(start).partition("-")[0]
        if pid.isdigit():
            found.append((folder, int(pid)))
    return found


def runs_in(execution: Path) -> bool:
    """Whether a process on this machine is running the pipeline of a run directory."""
    return any(is_alive(pid) for _, pid in _data_of_runs(execution))


def is_alive(pid: int) -> bool:
    """Whether a process with that id exists on this machine."""
    if sys.platform == "win32":  # `os.kill` would end it
        return True
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except OSError:  # a process of another user
        return True
    return True


def cache_directory(given: str | os.PathLike[str] | None) -> Path:
    """Returns the cache directory: as given, or `DISTILABEL_CACHE_DIR`, or the default.

    It is absolute: the program may change its working directory before the pipeline runs.
    """
    return Path(given or envs.DISTILABEL_CACHE_DIR or PIPELINES_CACHE_DIR).expanduser().absolute()

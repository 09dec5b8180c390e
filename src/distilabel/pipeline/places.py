"""Where a pipeline keeps things: one folder per configuration, one store per cache directory."""

from __future__ import annotations

import os
import shutil
from dataclasses import dataclass
from pathlib import Path
from uuid import uuid4

from distilabel import envs
from distilabel.constants import (
    PIPELINE_CONFIG_FILENAME,
    PIPELINE_LOG_FILENAME,
    PIPELINES_CACHE_DIR,
)


@dataclass
class Places:
    """Files of one configuration of a pipeline.

    Attributes:
        root: the cache directory.
        execution: folder of this configuration.
    """

    root: Path
    execution: Path

    @classmethod
    def of(cls, cache_dir: Path, name: str, signature: str, steps_signature: str) -> Places:
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
    def data(self) -> Path:
        """The outputs of the last finished run."""
        return self.execution / "data"

    def fresh_data(self) -> Path:
        """A folder of its own for the outputs of a run that begins."""
        folder = self.execution / f"data-{os.getpid()}-{uuid4().hex[:8]}"
        folder.mkdir(parents=True)
        return folder

    def put_in_place(self, folder: Path) -> Path:
        """Makes the outputs of a run the last ones; older ones are removed."""
        if self.data.exists():
            old = folder.with_name(folder.name + "-old")
            self.data.rename(old)
            shutil.rmtree(old, ignore_errors=True)
        folder.rename(self.data)
        return self.data


def cache_directory(given: str | os.PathLike[str] | None) -> Path:
    """The cache directory: what is given, else `DISTILABEL_CACHE_DIR`, else one at home."""
    return Path(given or envs.DISTILABEL_CACHE_DIR or PIPELINES_CACHE_DIR).expanduser()

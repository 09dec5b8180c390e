"""What lies in a cache directory: pipelines, their configurations, and the store; and removing it.

Knows the layout that `places` makes; reads no row and no answer.
"""

from __future__ import annotations

import shutil
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

from distilabel.constants import STEPS_OUTPUTS_PATH
from distilabel.pipeline.workspace.run_directory import RunDirectory, runs_in


@dataclass
class Configuration:
    """The outputs of one configuration of a pipeline.

    Attributes:
        folder: where they are.
        used: when it last ran.
        size: bytes of its files.
        rows: of its datasets, by name of the last step.
    """

    folder: Path
    used: datetime
    size: int
    rows: dict[str, int]

    @property
    def is_running(self) -> bool:
        """Whether a process of this machine writes there now."""
        return runs_in(self.folder)


@dataclass
class CachedPipeline:
    """A pipeline that ran here."""

    name: str
    configurations: list[Configuration] = field(default_factory=list)

    @property
    def size(self) -> int:
        """Bytes of all its files."""
        return sum(configuration.size for configuration in self.configurations)

    @property
    def used(self) -> datetime:
        """When it last ran."""
        return max(configuration.used for configuration in self.configurations)


def cached_pipelines(cache_dir: Path) -> list[CachedPipeline]:
    """The pipelines of a cache directory, the one that ran last at the end.

    Args:
        cache_dir: where to look; it need not be there.
    """
    found: dict[str, CachedPipeline] = {}
    for folder in cache_dir.glob("*/*/executions/*"):
        if folder.is_dir():
            name = folder.parents[2].name
            pipeline = found.setdefault(name, CachedPipeline(name))
            pipeline.configurations.append(_configuration(RunDirectory(cache_dir, folder)))
    for pipeline in found.values():
        pipeline.configurations.sort(key=lambda each: each.used)
    return sorted(found.values(), key=lambda each: each.used)


def _configuration(directory: RunDirectory) -> Configuration:
    times = [path.stat().st_mtime for path in (directory.log, directory.execution) if path.exists()]
    outputs = directory.data / STEPS_OUTPUTS_PATH
    return Configuration(
        folder=directory.execution,
        used=datetime.fromtimestamp(max(times)),
        size=size_of(directory.execution),
        rows={leaf.name: _rows(leaf) for leaf in sorted(outputs.glob("*")) if leaf.is_dir()},
    )


def _rows(leaf: Path) -> int:
    import pyarrow.parquet as pq

    return sum(pq.read_metadata(part).num_rows for part in leaf.glob("*.parquet"))


def size_of(path: Path) -> int:
    """Bytes of a file, or of all files in a folder; 0 if there is none."""
    if path.is_file():
        return path.stat().st_size
    return sum(file.stat().st_size for file in path.rglob("*") if file.is_file())


def remove(cache_dir: Path, configurations: list[Configuration]) -> None:
    """Removes outputs, and the folders that become empty.

    Args:
        cache_dir: where they are.
        configurations: what to remove.
    """
    for configuration in configurations:
        shutil.rmtree(configuration.folder)
        parent = configuration.folder.parent
        while parent != cache_dir and not list(parent.iterdir()):
            parent.rmdir()
            parent = parent.parent

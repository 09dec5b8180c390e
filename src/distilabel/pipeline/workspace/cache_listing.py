"""Lists the pipelines and configurations in a cache directory, and removes their outputs.

Relies on the layout of `run_directory.py`; reads no row and no answer.
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
    """One configuration of a pipeline, with its outputs.

    Attributes:
        folder: Run directory of the configuration.
        used: Time of its last run.
        size: Total size of its files, in bytes.
        rows: Leaf step → number of rows of its dataset.
    """

    folder: Path
    used: datetime
    size: int
    rows: dict[str, int]

    @property
    def is_running(self) -> bool:
        """Whether a process on this machine is running it now."""
        return runs_in(self.folder)


@dataclass
class CachedPipeline:
    """A pipeline with outputs in the cache directory.

    Attributes:
        name: Name of the pipeline.
        configurations: Its configurations, the last used at the end.
    """

    name: str
    configurations: list[Configuration] = field(default_factory=list)

    @property
    def size(self) -> int:
        """Total size of its files, in bytes."""
        return sum(configuration.size for configuration in self.configurations)

    @property
    def used(self) -> datetime:
        """Time of its last run."""
        return max(configuration.used for configuration in self.configurations)


def cached_pipelines(cache_dir: Path) -> list[CachedPipeline]:
    """Lists the pipelines in a cache directory, the last used at the end.

    Args:
        cache_dir: Cache directory; it does not have to exist.
    """
    found: dict[str, CachedPipeline] = {}
    root = cache_dir.resolve()
    for folder in cache_dir.glob("*/*/executions/*"):
        if _is_run_directory(folder, root):
            name = folder.parents[2].name
            pipeline = found.setdefault(name, CachedPipeline(name))
            pipeline.configurations.append(_configuration(RunDirectory(cache_dir, folder)))
    for pipeline in found.values():
        pipeline.configurations.sort(key=lambda each: each.used)
    return sorted(found.values(), key=lambda each: each.used)


def _is_run_directory(folder: Path, root: Path) -> bool:
    """Whether a run made a folder, and it is in the cache directory itself, not behind a link."""
    if not folder.is_dir() or folder.resolve() != root.joinpath(*folder.parts[-4:]):
        return False
    directory = RunDirectory(root, folder)
    return any(path.exists() for path in (directory.log, directory.config))


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
    """Returns the size of a file or of all files in a directory, in bytes; 0 if missing."""
    if path.is_file():
        return path.stat().st_size
    return sum(file.stat().st_size for file in path.rglob("*") if file.is_file())


def remove(cache_dir: Path, configurations: list[Configuration]) -> None:
    """Removes the outputs of configurations, and the directories that become empty.

    Args:
        cache_dir: Cache directory, which is never removed itself.
        configurations: Configurations to remove.
    """
    for configuration in configurations:
        shutil.rmtree(configuration.folder)
        parent = configuration.folder.parent
        while parent != cache_dir and not list(parent.iterdir()):
            parent.rmdir()
            parent = parent.parent

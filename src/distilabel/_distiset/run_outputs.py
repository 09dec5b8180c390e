"""The outputs of a run: folders of parquet files, read as datasets. Knows no steps."""

from __future__ import annotations

import hashlib
import logging
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    import pyarrow
    from datasets import DatasetDict

# Compressed bytes, all configurations together, up to which the rows are simply held in memory.
IN_MEMORY_LIMIT: Final = 256 * 1024 * 1024

_log = logging.getLogger("distilabel.distiset")


def read_outputs(folder: Path) -> dict[str, DatasetDict]:
    """Reads each sub-folder into a dataset with the split `train`.

    Args:
        folder: holds one folder per step, with parquet files called by number.

    Returns:
        Name of the sub-folder → dataset; those without rows to read are left out, with a warning.
    """
    from datasets import DatasetDict

    found = {
        step.name: sorted(step.glob("*.parquet"), key=_number)
        for step in sorted(folder.iterdir() if folder.is_dir() else [])
        if step.is_dir()
    }
    size = sum(file.stat().st_size for files in found.values() for file in files)
    datasets = {}
    for name, files in found.items():
        readable = {file: schema for file in files if (schema := _schema(file)) is not None}
        if not readable:
            _log.warning("the step %r left no rows: it becomes no configuration", name)
            continue
        in_memory = size <= IN_MEMORY_LIMIT
        dataset = _in_memory(readable) if in_memory else _on_disk(readable, folder.parent.parent)
        datasets[name] = DatasetDict({"train": dataset})
    return datasets


def _number(file: Path) -> tuple[int, str]:
    return (int(file.stem) if file.stem.isdigit() else 0, file.stem)


def _schema(file: Path) -> pyarrow.Schema | None:
    import pyarrow as pa
    import pyarrow.parquet as pq

    try:
        return pq.read_schema(file)
    except (pa.ArrowException, OSError) as error:
        _log.warning("%s cannot be read, its rows are missing from the dataset: %s", file, error)
        return None


def _in_memory(readable: dict[Path, pyarrow.Schema]) -> Any:
    import pyarrow as pa
    import pyarrow.parquet as pq
    from datasets import Dataset

    # A column may be empty in one file and full in another.
    tables = [pq.ParquetFile(file).read() for file in readable]
    # Named by the files: left to itself, the dataset would be pickled once more to be named.
    name = hashlib.blake2b(digest_size=8)
    for file in readable:
        name.update(file.read_bytes())
    return Dataset(
        pa.concat_tables(tables, promote_options="permissive"), fingerprint=name.hexdigest()
    )


def _on_disk(readable: dict[Path, pyarrow.Schema], cache_dir: Path) -> Any:
    import pyarrow as pa
    from datasets import Dataset, Features

    schema = pa.unify_schemas(list(readable.values()), promote_options="permissive")
    return Dataset.from_parquet(
        [str(file) for file in readable],
        features=Features.from_arrow_schema(schema),
        cache_dir=str(cache_dir),
    )

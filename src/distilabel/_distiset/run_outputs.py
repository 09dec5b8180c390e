"""Reads the outputs of a run, directories of Parquet files, as datasets. Imports no step."""

from __future__ import annotations

import hashlib
import logging
from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import orjson

from distilabel.constants import RUN_FACTS_FILENAME

if TYPE_CHECKING:
    import pyarrow
    from datasets import DatasetDict

# Total size of the compressed files up to which the rows are held in memory, in bytes.
IN_MEMORY_LIMIT: Final = 256 * 1024 * 1024

# First bytes of every PNG file.
_PNG: Final = b"\x89PNG\r\n\x1a\n"
_FIRST_ROWS: Final = 1_000

_log = logging.getLogger("distilabel.distiset")


def read_outputs(folder: Path) -> dict[str, DatasetDict]:
    """Reads each subdirectory as a dataset with the split `train`.

    Args:
        folder: Directory with one subdirectory per step, which contains numbered Parquet files.

    Returns:
        Name of the subdirectory → dataset. One without readable rows is skipped with a warning.
    """
    from datasets import DatasetDict

    found: dict[str, list[Path]] = {}
    for step in sorted(folder.iterdir() if folder.is_dir() else []):
        # A run that was killed may leave parts in another order, or some of them in order, beside.
        name, _, state = step.name.partition(".")
        if step.is_dir() and state in ("", "unsorted") and name not in found:
            found[name] = sorted(step.glob("*.parquet"), key=_number)
    size = sum(file.stat().st_size for files in found.values() for file in files)
    datasets = {}
    for name, files in found.items():
        readable = {file: schema for file in files if (schema := _schema(file)) is not None}
        if not readable:
            _log.warning("The step %r has no rows: the dataset has no configuration for it.", name)
            continue
        in_memory = size <= IN_MEMORY_LIMIT
        dataset = _in_memory(readable) if in_memory else _on_disk(readable, folder.parent.parent)
        datasets[name] = DatasetDict({"train": dataset})
    return datasets


def find(data_dir: Path, name: str) -> Path | None:
    """Returns the file of that name in a directory or beside it; None if there is none."""
    return next((f for f in (data_dir / name, data_dir.parent / name) if f.is_file()), None)


def citations(steps: Iterable[Any]) -> list[str]:
    """Returns the BibTeX entries in the docstrings of steps."""
    from distilabel.utils.docstring import parse_google_docstring

    return [
        entry for step in steps for entry in parse_google_docstring(type(step)).get("citations", [])
    ]


def read_facts(data_dir: Path) -> dict[str, Any]:
    """Returns the description of the run; {} for a run that has not finished."""
    file = data_dir / RUN_FACTS_FILENAME
    facts: dict[str, Any] = orjson.loads(file.read_bytes()) if file.is_file() else {}
    return facts


def _number(file: Path) -> tuple[int, str]:
    return (int(file.stem) if file.stem.isdigit() else 0, file.stem)


def _schema(file: Path) -> pyarrow.Schema | None:
    import pyarrow as pa
    import pyarrow.parquet as pq

    try:
        return pq.read_schema(file)
    except (pa.ArrowException, OSError) as error:
        _log.warning("%s cannot be read. Its rows are missing from the dataset: %s", file, error)
        return None


def _in_memory(readable: dict[Path, pyarrow.Schema]) -> Any:
    import pyarrow as pa
    import pyarrow.parquet as pq
    from datasets import Dataset, Image

    tables = [pq.ParquetFile(file).read() for file in readable]
    # From the files: without a fingerprint, `Dataset` would pickle the whole table to make one.
    fingerprint = hashlib.blake2b(digest_size=8)
    for file in readable:
        fingerprint.update(file.read_bytes())
    # Permissive, since a column may contain only None in one of the files.
    table = pa.concat_tables(tables, promote_options="permissive")
    dataset = Dataset(table, fingerprint=fingerprint.hexdigest())
    for name in _image_columns(table.schema, table):
        dataset = dataset.cast_column(name, Image())
    return dataset


def _image_columns(schema: pyarrow.Schema, rows: Any) -> list[str]:
    """Returns the columns that hold images as they are stored, as a PNG file and a path.

    Args:
        schema: Types of all rows.
        rows: Table or batch of the first rows.
    """
    import pyarrow as pa

    found = []
    for field in schema:
        names = {field.type.field(i).name for i in range(field.type.num_fields)}
        if not (pa.types.is_struct(field.type) and names == {"bytes", "path"}):
            continue
        values = (value.as_py() for value in rows[field.name])
        first = next((value["bytes"] for value in values if value), None)
        if isinstance(first, bytes) and first.startswith(_PNG):
            found.append(field.name)
    return found


def _on_disk(readable: dict[Path, pyarrow.Schema], cache_dir: Path) -> Any:
    import pyarrow as pa
    import pyarrow.parquet as pq
    from datasets import Dataset, Features, Image

    schema = pa.unify_schemas(list(readable.values()), promote_options="permissive")
    features = Features.from_arrow_schema(schema)
    first = next(pq.ParquetFile(next(iter(readable))).iter_batches(_FIRST_ROWS), None)
    if first is not None:
        features.update(dict.fromkeys(_image_columns(schema, first), Image()))
    return Dataset.from_parquet(
        [str(file) for file in readable],
        features=features,
        cache_dir=str(cache_dir),
    )

"""Finds the tables in a path: a distiset, the directory of a run, Parquet or JSON files."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from distilabel.constants import STEPS_OUTPUTS_PATH
from distilabel.errors import DistilabelUserError
from distilabel.review.rows.table import PIECE_ROWS, Piece, RowTable, table_in_memory

if TYPE_CHECKING:
    import pyarrow as pa
    from datasets import Dataset

_JSON: Final = (".jsonl", ".json")


def open_tables(path: Path) -> list[RowTable]:
    """Opens the tables in a path.

    Args:
        path: Directory of a distiset, directory of a run, directory of Parquet files, or a file
            (`.parquet`, `.arrow`, `.jsonl`).

    Returns:
        The tables that have rows, by name.

    Raises:
        DistilabelUserError: There is nothing at the path that can be read.
    """
    if not path.exists():
        raise DistilabelUserError(
            f"{path} does not exist. Give the directory of a distiset or of a run, or a Parquet "
            "file."
        )
    if path.is_file():
        tables = [_open_file(path)]
    else:
        tables = [
            *_open_run(path / STEPS_OUTPUTS_PATH),
            *_open_run(path / "data" / STEPS_OUTPUTS_PATH),
            *_open_distiset(path),
        ]
        if not tables and (parts := _parts(path)):
            tables = [_open_parquet(path.name, parts, path)]
    found = [table for table in tables if len(table)]
    if not found:
        raise DistilabelUserError(
            f"{path} has no rows that can be read. Give the directory of a distiset "
            "(`distiset.save_to_disk`) or of a run, or a folder of Parquet files."
        )
    return found


def tables_of(datasets: Mapping[str, Any]) -> list[RowTable]:
    """Makes a table of each dataset, or of each of its splits.

    Args:
        datasets: Name → `datasets.Dataset` or `DatasetDict`, such as a distiset.

    Raises:
        DistilabelUserError: None of them has rows.
    """
    tables = []
    for name, dataset in datasets.items():
        splits = dataset.items() if isinstance(dataset, dict) else [("train", dataset)]
        tables += [_of_dataset(f"{name}-{split}", rows) for split, rows in splits]
    found = [table for table in tables if len(table)]
    if not found:
        raise DistilabelUserError("The distiset has no rows to review.")
    return found


def _of_dataset(name: str, dataset: Dataset) -> RowTable:
    # Not the Arrow table itself: the rows of a shuffled dataset are an order of it.
    rows = dataset.with_format("arrow")

    def piece(start: int) -> Piece:
        stop = min(start + PIECE_ROWS, len(rows))
        return Piece(stop - start, lambda columns: rows[start:stop].select(columns))

    pieces = [piece(start) for start in range(0, len(rows), PIECE_ROWS)]
    schema = dataset.features.arrow_schema
    return RowTable(name, schema, pieces, f"dataset-{dataset._fingerprint}")


def _open_file(path: Path) -> RowTable:
    import pyarrow as pa

    try:
        if path.suffix == ".arrow":
            return table_in_memory(path.stem, _map_arrow([path]), _fingerprint([path]))
        if path.suffix in _JSON:
            from pyarrow import json as arrow_json

            return table_in_memory(path.stem, arrow_json.read_json(path), _fingerprint([path]))
        return _open_parquet(path.stem, [path], path)
    except (pa.ArrowException, OSError) as error:
        raise DistilabelUserError(
            f"{path} cannot be read: {error}. Give a Parquet, Arrow or JSON Lines file."
        ) from error


def _open_run(folder: Path) -> list[RowTable]:
    steps = sorted(each for each in folder.glob("*") if each.is_dir())
    tables = [(step, _parts(step)) for step in steps]
    full = [(step, parts) for step, parts in tables if parts]
    # As `create_distiset` names them.
    return [
        _open_parquet("default-train" if len(full) == 1 else f"{step.name}-train", parts, step)
        for step, parts in full
    ]


def _parts(folder: Path) -> list[Path]:
    """Returns the Parquet files of a folder, by number; links lead elsewhere and are left out."""
    files = [each for each in folder.glob("*.parquet") if not each.is_symlink()]
    return sorted(files, key=lambda f: (int(f.stem) if f.stem.isdigit() else 0, f.stem))


def _open_parquet(name: str, files: list[Path], folder: Path) -> RowTable:
    import pyarrow as pa
    import pyarrow.parquet as pq

    pieces: list[Piece] = []
    schemas: list[pa.Schema] = []
    for file in files:
        try:
            metadata = pq.read_metadata(file)
        except (pa.ArrowException, OSError) as error:
            raise DistilabelUserError(f"{file} cannot be read: {error}.") from error
        schema = metadata.schema.to_arrow_schema()
        if not schemas or not schema.equals(schemas[-1]):
            schemas.append(schema)
        pieces += [
            _row_group(file, metadata, schema, group) for group in range(metadata.num_row_groups)
        ]
    schema = pa.unify_schemas(schemas, promote_options="permissive").remove_metadata()
    return RowTable(name, schema, pieces, _fingerprint(files), str(folder))


def _row_group(file: Path, metadata: Any, schema: pa.Schema, group: int) -> Piece:
    def read(columns: list[str]) -> pa.Table:
        import pyarrow as pa
        import pyarrow.parquet as pq

        known = [name for name in columns if name in schema.names]
        # Threads would cost more than they save for a thousand rows.
        with pq.ParquetFile(file, metadata=metadata) as parquet:
            table = parquet.read_row_group(group, columns=known, use_threads=False)
        for name in set(columns) - set(known):
            table = table.append_column(name, pa.nulls(table.num_rows))
        return table.select(columns)

    return Piece(metadata.row_group(group).num_rows, read)


def _open_distiset(path: Path) -> list[RowTable]:
    """Opens the datasets that `save_to_disk` wrote, without importing `datasets`."""
    tables = []
    for folder in sorted(each for each in [path, *path.iterdir()] if each.is_dir()):
        if (folder / "dataset_dict.json").is_file():
            splits = json.loads((folder / "dataset_dict.json").read_text("utf-8"))["splits"]
            tables += [
                _open_saved(f"{folder.name}-{split}", folder / split)
                for split in splits
                if (folder / split / "state.json").is_file()
            ]
        elif (folder / "state.json").is_file() and folder.parent == path:
            tables.append(_open_saved(f"{folder.name}-train", folder))
    return tables


def _open_saved(name: str, folder: Path) -> RowTable:
    state = json.loads((folder / "state.json").read_text("utf-8"))
    # Names of files in this folder; a path that leads out of it is not followed.
    files = [folder / Path(each["filename"]).name for each in state["_data_files"]]
    opened = table_in_memory(name, _map_arrow(files), _fingerprint(files))
    opened.folder = str(folder)
    return opened


def _map_arrow(files: list[Path]) -> pa.Table:
    import pyarrow as pa

    tables = []
    for file in files:
        mapped = pa.memory_map(str(file))
        try:
            tables.append(pa.ipc.open_stream(mapped).read_all())
        except pa.ArrowInvalid:
            mapped.seek(0)
            tables.append(pa.ipc.open_file(mapped).read_all())
    merged = pa.concat_tables(tables, promote_options="permissive")
    return merged.replace_schema_metadata(None)


def _fingerprint(files: Iterable[Path]) -> str:
    """Returns a digest of the files' names, sizes and times."""
    digest = hashlib.blake2b(digest_size=8)
    for file in files:
        info = file.stat()
        digest.update(f"{file.name} {info.st_size} {info.st_mtime_ns}\n".encode())
    return digest.hexdigest()

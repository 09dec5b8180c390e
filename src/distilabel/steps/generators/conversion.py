"""Converts data files to Parquet files of one schema, for files that `datasets` refuses.

`datasets` takes the types of a file from its first rows: a column that is null first and text later
ends it. Here every row is read before the types are decided, and an error names the file and line.
"""

from __future__ import annotations

import codecs
import json
import tempfile
from collections.abc import Iterator
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from distilabel._core.arrow import common_schema, conform, large_integers, to_table
from distilabel._core.hashing import digest

if TYPE_CHECKING:
    import pyarrow as pa

FORMATS: Final = ("arrow", "csv", "json", "parquet")
_PART_ROWS: Final = 10_000
_BOMS: Final = {
    codecs.BOM_UTF8: "utf-8-sig",
    codecs.BOM_UTF32_LE: "utf-32",
    codecs.BOM_UTF32_BE: "utf-32",
    codecs.BOM_UTF16_LE: "utf-16",
    codecs.BOM_UTF16_BE: "utf-16",
}


class UnreadableError(ValueError):
    """Raised when a file is not valid; the message names the file and, where known, the line."""


def convert(
    files: list[str], format: str, storage_options: dict[str, Any] | None, cache: Path
) -> list[str]:
    """Converts files to Parquet files whose columns have the same types.

    Args:
        files: Paths of the files.
        format: One of `FORMATS`.
        storage_options: Options of the file system.
        cache: Directory for the Parquet files. They are reused while the files do not change.

    Returns:
        Paths of the Parquet files, in the order of the rows.

    Raises:
        UnreadableError: A file is not valid, or there are no rows.
    """
    folder = cache / digest(["parquet", format, _states(files, storage_options)]).hex()
    if not folder.is_dir():
        cache.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=cache) as name:
            made = Path(name, "parts")
            made.mkdir()
            _write_parts(files, format, storage_options, made)
            try:
                made.rename(folder)
            except OSError:  # another process has converted them meanwhile
                if not folder.is_dir():
                    raise
    return sorted(map(str, folder.glob("*.parquet")))


def _states(files: list[str], storage_options: dict[str, Any] | None) -> list[list[str]]:
    from fsspec.core import url_to_fs

    found = (url_to_fs(file, **(storage_options or {})) for file in files)
    return [[path, str(fs.ukey(path))] for fs, path in found]


def _write_parts(
    files: list[str], format: str, storage_options: dict[str, Any] | None, folder: Path
) -> None:
    import pyarrow.parquet as pq

    schemas, exact = [], set()
    parts: list[Path] = []
    for table in _tables(files, format, storage_options):
        parts.append(folder / f"{len(parts):06d}.parquet")
        pq.write_table(table, parts[-1])
        schemas.append(table.schema.remove_metadata())
        exact |= large_integers(table)
    if not parts:
        raise UnreadableError(f"{', '.join(files)}: no rows, the file is empty")
    schema = common_schema(schemas, exact)
    for part, own in zip(parts, schemas, strict=True):
        if not own.equals(schema):
            pq.write_table(conform(pq.read_table(part).replace_schema_metadata(), schema), part)


def _tables(
    files: list[str], format: str, storage_options: dict[str, Any] | None
) -> Iterator[pa.Table]:
    import fsspec

    read = {"json": _read_json, "csv": _read_csv, "parquet": _read_parquet, "arrow": _read_arrow}
    options = storage_options or {}
    for path in files:
        compression = "infer" if format in ("json", "csv") else None
        with fsspec.open(path, "rb", compression=compression, **options) as file:
            try:
                for table in read[format](file):
                    if table.num_rows:
                        yield table
            except UnreadableError as error:
                raise UnreadableError(f"{path} as {format}: {error}") from None
            except UnicodeDecodeError as error:
                byte = error.object[error.start]
                raise UnreadableError(
                    f"{path} as {format}: not UTF-8 text (byte 0x{byte:02x}: {error.reason}). "
                    "Convert the file to UTF-8"
                ) from None
            except (ValueError, OSError, EOFError) as error:
                text = str(error).removeprefix("Error tokenizing data. C error: ").strip(" \n.")
                raise UnreadableError(f"{path} as {format}: {text}") from None


def _encoding(file: Any) -> str:
    start = file.read(4)
    file.seek(0)
    return next((name for bom, name in _BOMS.items() if start.startswith(bom)), "utf-8")


def _read_json(file: Any) -> Iterator[pa.Table]:
    rows = _json_rows(codecs.getreader(_encoding(file))(file))
    while part := list(islice(rows, _PART_ROWS)):
        yield to_table(part)


def _json_rows(lines: Any) -> Iterator[dict[str, Any]]:
    """Yields the rows of JSON Lines, or of one array, or of objects over several lines."""
    number = 0
    for number, line in enumerate(lines, 1):
        if not line.strip():
            continue
        try:
            value = _parsed(line)
        except json.JSONDecodeError as error:
            if number == 1 or line.lstrip()[:1] == "[":
                yield from _json_values(line + lines.read())
                return
            raise UnreadableError(f"line {number} is not valid JSON: {error.msg}") from None
        except UnreadableError as error:
            raise UnreadableError(f"line {number}: {error}") from None
        if number == 1 and isinstance(value, list) and all(isinstance(row, dict) for row in value):
            yield from value
        elif isinstance(value, dict):
            yield value
        else:
            raise UnreadableError(
                f"line {number} is a JSON {_json_name(value)}. A row must be an object, such as "
                '{"instruction": "..."}'
            )


def _json_values(text: str) -> Iterator[dict[str, Any]]:
    decoder = json.JSONDecoder(object_pairs_hook=_unique)
    at = 0
    while text[at:].strip():
        at += len(text[at:]) - len(text[at:].lstrip())
        try:
            value, at = decoder.raw_decode(text, at)
        except json.JSONDecodeError as error:
            raise UnreadableError(f"line {error.lineno} is not valid JSON: {error.msg}") from None
        for row in value if isinstance(value, list) else [value]:
            if not isinstance(row, dict):
                raise UnreadableError(f"a row is a JSON {_json_name(row)}, not an object")
            yield row


def _parsed(line: str) -> Any:
    return json.loads(line, object_pairs_hook=_unique)


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    made = dict(pairs)
    if len(made) < len(pairs):
        names = [name for name, _ in pairs]
        twice = next(name for name in names if names.count(name) > 1)
        raise UnreadableError(f"the key {twice!r} occurs twice in one object")
    return made


def _json_name(value: Any) -> str:
    names = {list: "array", str: "string", bool: "boolean", type(None): "null"}
    return names.get(type(value), "number")


def _read_csv(file: Any) -> Iterator[pa.Table]:
    import pandas as pd
    import pyarrow as pa

    # `low_memory` would decide the types of each part of a column on its own.
    frame = pd.read_csv(file, low_memory=False, encoding=_encoding(file))
    try:
        yield pa.Table.from_pandas(frame, preserve_index=False).replace_schema_metadata()
    except (pa.ArrowException, OverflowError):  # no column type has all its values
        yield to_table(frame.to_dict("records"))


def _read_parquet(file: Any) -> Iterator[pa.Table]:
    import pyarrow as pa
    import pyarrow.parquet as pq

    for batch in pq.ParquetFile(file).iter_batches(_PART_ROWS):
        yield pa.Table.from_batches([batch])


def _read_arrow(file: Any) -> Iterator[pa.Table]:
    import pyarrow as pa

    try:
        reader: Any = pa.ipc.open_stream(file)
    except pa.ArrowInvalid:
        file.seek(0)
        yield pa.ipc.open_file(file).read_all()
        return
    for batch in reader:
        yield pa.Table.from_batches([batch])

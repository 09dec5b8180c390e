"""Exports distisets to files that other programs read, some rows in memory at a time."""

from __future__ import annotations

import base64
import csv
import io
import logging
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any, Final

import orjson

from distilabel._core.private_files import create_private_folder, open_private
from distilabel._distiset import chat_rows
from distilabel._distiset.disk import check_names
from distilabel.errors import DistilabelUserError

if TYPE_CHECKING:
    import pyarrow as pa
    from datasets import Dataset

    from distilabel._distiset.protocol import DistisetLike

_ROWS_AT_ONCE: Final = 1_000
_LLAMAFACTORY: Final = "llamafactory"
_CHAT_ROWS: Final[dict[str, Callable[[Any], dict[str, Any]]]] = {
    "openai": chat_rows.openai_row,
    "axolotl": chat_rows.axolotl_row,
    _LLAMAFACTORY: chat_rows.llamafactory_row,
}
FORMATS: Final = ("parquet", "jsonl", "csv", *_CHAT_ROWS)

_log = logging.getLogger("distilabel.distiset")


def export(distiset: DistisetLike, folder: Path, to: str) -> list[Path]:
    """Writes a file `<configuration>-<split>` for each split. A file is there once it is whole.

    Args:
        distiset: Distiset to export.
        folder: Folder for the files; created if it does not exist.
        to: One of `FORMATS`.

    Returns:
        The files.

    Raises:
        DistilabelUserError: There is no such format, or rows cannot be written in it.
    """
    if to not in FORMATS:
        raise DistilabelUserError(
            f"export: the format {to!r} is not known. Use one of {', '.join(FORMATS)}."
        )
    check_names(distiset)
    splits = {
        f"{name}-{split}": rows
        for name, dataset in distiset.items()
        for split, rows in (dataset if isinstance(dataset, dict) else {"train": dataset}).items()
    }
    if not splits:
        raise DistilabelUserError("export: the distiset is empty, so there is nothing to write.")
    if to in _CHAT_ROWS:
        _check_chat(splits, to)
    create_private_folder(folder)
    files, descriptions = [], {}
    for name, rows in splits.items():
        file = folder / f"{name}.{to if to in ('parquet', 'csv') else 'jsonl'}"
        with _whole(file) as stream:
            if to == "parquet":
                _write_parquet(rows, stream)
            elif to == "csv":
                _write_csv(rows, stream)
            elif to == "jsonl":
                for batch in _batches(rows):
                    stream.writelines(map(_json_line, batch.to_pylist()))
            else:
                stream.writelines(map(_json_line, _chat(rows, name, _CHAT_ROWS[to])))
        files.append(file)
        columns = rows.column_names
        pairs = {"chosen", "rejected"} <= set(columns)
        descriptions[name] = chat_rows.llamafactory_description(
            file.name, pairs, "tools" in columns
        )
    if to == _LLAMAFACTORY:
        files.append(folder / "dataset_info.json")
        with _whole(files[-1]) as stream:
            stream.write(orjson.dumps(descriptions, option=orjson.OPT_INDENT_2))
    return files


def _check_chat(splits: dict[str, Dataset], to: str) -> None:
    for name, rows in splits.items():
        if not chat_rows.chat_columns(rows.column_names):
            raise DistilabelUserError(
                f"export: {name} has no conversations to export to {to!r}: it needs 'messages', "
                "'conversation', 'chosen' and 'rejected', 'prompt' and 'completion', or "
                "'instruction' and 'generation'. It has "
                f"{', '.join(map(repr, rows.column_names))}."
            )


@contextmanager
def _whole(file: Path) -> Iterator[IO[bytes]]:
    """Opens a file under another name, and gives it its own name if the block ends well."""
    unfinished = file.with_name(f"{file.name}.part")
    try:
        with open_private(unfinished, "wb") as stream:
            yield stream
        unfinished.replace(file)
    finally:
        unfinished.unlink(missing_ok=True)


def _batches(rows: Dataset) -> Iterator[pa.Table]:
    """Yields the rows as Arrow data, where images are bytes and paths."""
    yield from rows.with_format("arrow").iter(_ROWS_AT_ONCE)


def _write_parquet(rows: Dataset, stream: IO[bytes]) -> None:
    import pyarrow.parquet as pq
    from datasets.table import embed_table_storage

    # With the features, which tell images from other structs.
    schema = rows.features.arrow_schema
    with pq.ParquetWriter(stream, schema, compression="zstd") as writer:
        for batch in _batches(rows):
            # A file beside the dataset would be missing elsewhere.
            table = embed_table_storage(batch.cast(schema))
            writer.write_table(table, row_group_size=_ROWS_AT_ONCE)


def _write_csv(rows: Dataset, stream: IO[bytes]) -> None:
    text = io.TextIOWrapper(stream, encoding="utf-8", newline="")
    writer = csv.writer(text)
    writer.writerow(rows.column_names)
    for batch in _batches(rows):
        writer.writerows([_cell(v) for v in row.values()] for row in batch.to_pylist())
    text.flush()
    text.detach()


def _cell(value: Any) -> Any:
    if isinstance(value, (dict, list)):
        return orjson.dumps(value, default=_text).decode()
    return _text(value) if isinstance(value, bytes) else value


def _json_line(row: dict[str, Any]) -> bytes:
    return orjson.dumps(row, default=_text, option=orjson.OPT_APPEND_NEWLINE)


def _text(value: Any) -> str:
    """Returns what JSON has no type for as text."""
    return base64.b64encode(value).decode() if isinstance(value, bytes) else str(value)


def _chat(
    rows: Dataset, name: str, convert: Callable[[Any], dict[str, Any]]
) -> Iterator[dict[str, Any]]:
    """Yields the rows as conversations, and says how many have none."""
    columns = chat_rows.chat_columns(rows.column_names)
    left_out, first, number = 0, "", 0
    for batch in _batches(rows.select_columns(list(columns))):
        for row in batch.to_pylist():
            try:
                yield convert(chat_rows.read_chat(row))
            except (chat_rows.NoChatError, orjson.JSONDecodeError) as error:
                first = first or f"row {number}: {error}"
                left_out += 1
            number += 1
    if left_out:
        noun = "row" if left_out == 1 else "rows"
        _log.warning("%s: %d %s left out of %d. %s", name, left_out, noun, number, first)

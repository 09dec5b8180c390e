"""Writes the rows of a leaf step to Parquet files, in key order, whatever order they came in.

Rows are written as they come, sorted within each part; parts that overlap are merged at the end, a
few parts in memory at a time. Knows nothing of steps.
"""

from __future__ import annotations

import threading
from array import array
from collections import OrderedDict, deque
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING, Final, NamedTuple

from distilabel._core.arrow import common_schema, conform, large_integers, to_table
from distilabel._core.private_files import open_private
from distilabel._engine.rows.rows import Key, Row
from distilabel.errors import DistilabelUserError

if TYPE_CHECKING:
    import pyarrow as pa

_PART_ROWS: Final = 10_000
_PART_BYTES: Final = 64 * 2**20
_PARTS_IN_MEMORY: Final = 8
# A reader of some rows reads a whole group: 3 ms instead of 18, for files that are 2% larger.
_GROUP_ROWS: Final = 1_000

Part = tuple[list[Key], list[Row]]


class _Part(NamedTuple):
    """A file whose rows are in key order."""

    path: Path
    first: Key
    last: Key
    keys: array[int] | list[Key]


def _compact(keys: list[Key]) -> array[int] | list[Key]:
    """Packs keys of source rows, which most are, into a tenth of the memory."""
    return array("q", [key[0] for key in keys]) if all(len(k) == 1 for k in keys) else keys


def _unpack(compact: array[int] | list[Key]) -> Iterator[Key]:
    return ((number,) for number in compact) if isinstance(compact, array) else iter(compact)


class ParquetWriter:
    """Collects rows and writes them in parts.

    Args:
        folder: Folder for the files `00001.parquet`, `00002.parquet`, ...
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._keys: list[Key] = []
        self._rows: list[Row] = []
        self._bytes = 0
        # Parts that are complete but not written: none is lost if the writing thread is stopped.
        self._cut: deque[Part] = deque()
        self._writing = threading.Lock()
        self._parts: list[_Part] = []
        self._schemas: list[pa.Schema] = []
        # Columns that must not become floats, as another part may want.
        self._exact: set[str] = set()

    def add(self, keys: list[Key], rows: list[Row]) -> None:
        """Adds rows."""
        self._keys += keys
        self._rows += rows
        # The first row stands for its chunk: the size only decides when to write.
        self._bytes += len(rows) * _rough_size(rows[0])

    @property
    def is_full(self) -> bool:
        """True if there are enough rows for a part."""
        return len(self._rows) >= _PART_ROWS or self._bytes >= _PART_BYTES

    def cut(self) -> None:
        """Completes a part; must not run while rows are added."""
        if self._rows:
            self._cut.append((self._keys, self._rows))
        self._keys, self._rows, self._bytes = [], [], 0

    def write(self) -> None:
        """Writes the completed parts. Threads take turns.

        Raises:
            OSError: A part cannot be written.
        """
        with self._writing:
            while self._cut:
                self._write_part(*self._cut[0])
                self._cut.popleft()

    def _write_part(self, keys: list[Key], rows: list[Row]) -> None:
        if any(map(tuple.__gt__, keys, keys[1:])):
            order = sorted(range(len(keys)), key=keys.__getitem__)
            keys, rows = [keys[i] for i in order], [rows[i] for i in order]
        table = to_table(rows)
        self._folder.mkdir(parents=True, exist_ok=True)
        path = self._folder / f"{len(self._parts) + 1:05d}.parquet"
        _write(table, path)
        self._parts.append(_Part(path, keys[0], keys[-1], _compact(keys)))
        self._schemas.append(table.schema)
        self._exact |= large_integers(table)

    def finish(self) -> None:
        """Writes the remaining rows and merges parts that overlap.

        Raises:
            DistilabelUserError: Parts that were written are gone.
        """
        self.cut()
        self.write()
        if not self._parts:
            return
        if not all(part.path.exists() for part in self._parts):
            raise DistilabelUserError(
                f"Rows of {self._folder.name} are gone: {self._folder} was removed or changed "
                "while the run went on. Run again, and leave the cache directory alone meanwhile; "
                "answers that are still stored are not requested again."
            )
        in_order = all(a.last <= b.first for a, b in pairwise(self._parts))
        if in_order and all(schema.equals(self._schemas[0]) for schema in self._schemas):
            return
        self._rewrite()

    def _rewrite(self) -> None:
        schema = common_schema(self._schemas, self._exact)
        order = sorted(
            (key, part, i)
            for part, written in enumerate(self._parts)
            for i, key in enumerate(_unpack(written.keys))
        )
        cache: OrderedDict[int, pa.Table] = OrderedDict()
        files: list[Path] = []
        for start in range(0, len(order), _PART_ROWS):
            table = self._take_rows(order[start : start + _PART_ROWS], schema, cache)
            path = self._folder / f"{len(files) + 1:05d}.sorted"
            _write(table, path)
            files.append(path)
        for part in self._parts:
            part.path.unlink()
        for path in files:
            path.rename(path.with_suffix(".parquet"))

    def _take_rows(
        self,
        selected: list[tuple[Key, int, int]],
        schema: pa.Schema,
        cache: OrderedDict[int, pa.Table],
    ) -> pa.Table:
        import pyarrow as pa

        wanted: dict[int, list[int]] = {}
        for _, part, i in selected:
            wanted.setdefault(part, []).append(i)
        pieces = []
        position: dict[tuple[int, int], int] = {}
        for part, positions in wanted.items():
            for i in positions:
                position[part, i] = len(position)
            pieces.append(self._part(part, schema, cache).take(pa.array(positions)))
        return pa.concat_tables(pieces).take(
            pa.array([position[part, i] for _, part, i in selected])
        )

    def _part(self, part: int, schema: pa.Schema, cache: OrderedDict[int, pa.Table]) -> pa.Table:
        import pyarrow.parquet as pq

        if part not in cache:
            cache[part] = conform(pq.read_table(self._parts[part].path), schema)
            if len(cache) > _PARTS_IN_MEMORY:
                cache.popitem(last=False)
        cache.move_to_end(part)
        return cache[part]


def _write(table: pa.Table, path: Path) -> None:
    import pyarrow.parquet as pq

    try:
        with open_private(path, "wb") as file:
            pq.write_table(table, file, compression="zstd", row_group_size=_GROUP_ROWS)
    except OSError as error:
        raise OSError(
            f"The rows of {path.parent.name} cannot be written to {path.parent}: {error}. Free "
            "disk space or make the folder writable, then run again: stored answers are not lost."
        ) from error


def _rough_size(row: Row) -> int:
    """Estimates the bytes of a row from its strings, at the top and one level down."""
    size = 200
    for value in row.values():
        if isinstance(value, str):
            size += len(value)
        elif isinstance(value, (list, tuple)):
            size += 100 + sum(len(v) if isinstance(v, str) else 100 for v in value)
        elif isinstance(value, dict):
            size += 100 + sum(len(v) if isinstance(v, str) else 100 for v in value.values())
    return size

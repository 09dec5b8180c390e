"""Writes the rows of a leaf step to Parquet files, in key order, whatever order they came in.

Rows are written as they come, sorted within each part; parts that overlap are merged at the end, a
few parts in memory at a time. A part has another name until it is whole: whatever a reader finds
during the run, or after it was killed, can be read. Knows nothing of steps.
"""

from __future__ import annotations

import shutil
import threading
import time
from array import array
from collections import OrderedDict, deque
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING, Final, NamedTuple

from distilabel._core.arrow import common_schema, conform, large_integers, to_table
from distilabel._core.private_files import create_private_folder, open_private
from distilabel._engine.rows.rows import Key, Row
from distilabel._engine.storage.provenance_column import ProvenanceColumn
from distilabel.errors import DistilabelUserError

if TYPE_CHECKING:
    import pyarrow as pa

_PART_ROWS: Final = 10_000
_PART_BYTES: Final = 64 * 2**20
_PARTS_IN_MEMORY: Final = 8
# Seconds after which even few rows are written: a run that is killed leaves what is written.
_PART_SECONDS: Final = 60.0
# A reader of few rows need not decode a whole part.
_ROW_GROUP: Final = 1_000

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
        provenance: Adds the column of the provenance; None adds none.
    """

    def __init__(self, folder: Path, provenance: ProvenanceColumn | None = None) -> None:
        self._provenance = provenance
        self._folder = folder
        self._keys: list[Key] = []
        self._rows: list[Row] = []
        self._bytes = 0
        self._first_added = 0.0
        # Parts that were cut by time, and may be small.
        self._cut_early = 0
        # Parts that are complete but not written: none is lost if the writing thread is stopped.
        self._cut: deque[Part] = deque()
        self._writing = threading.Lock()
        self._parts: list[_Part] = []
        self._schemas: list[pa.Schema] = []
        # Columns that must not become floats, as another part may want.
        self._exact: set[str] = set()

    def add(self, keys: list[Key], rows: list[Row]) -> None:
        """Adds rows."""
        if not self._rows:
            self._first_added = time.monotonic()
        self._keys += keys
        self._rows += rows
        # The first row stands for its chunk: the size only decides when to write.
        self._bytes += len(rows) * _rough_size(rows[0])

    @property
    def is_full(self) -> bool:
        """True if there are enough rows for a part, or they have waited for long."""
        return self._is_large or self._is_old

    @property
    def _is_large(self) -> bool:
        return len(self._rows) >= _PART_ROWS or self._bytes >= _PART_BYTES

    @property
    def _is_old(self) -> bool:
        return bool(self._rows) and time.monotonic() - self._first_added >= _PART_SECONDS

    def cut(self) -> None:
        """Completes a part; must not run while rows are added."""
        if self._rows:
            self._cut_early += not self._is_large
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
        if self._provenance is not None:
            table = self._provenance.add(table)
        create_private_folder(self._folder)
        path = self._folder / f"{len(self._parts) + 1:05d}.parquet"
        _write(table, path)
        self._parts.append(_Part(path, keys[0], keys[-1], _compact(keys)))
        self._schemas.append(table.schema)
        self._exact |= large_integers(table)

    def finish(self) -> None:
        """Writes the remaining rows and merges parts that overlap, or are small.

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
        same_schema = all(schema.equals(self._schemas[0]) for schema in self._schemas)
        # The last part is cut early too.
        if not (in_order and same_schema and self._cut_early <= 2):
            self._rewrite()

    def _rewrite(self) -> None:
        schema = common_schema(self._schemas, self._exact)
        order = sorted(
            (key, part, i)
            for part, written in enumerate(self._parts)
            for i, key in enumerate(_unpack(written.keys))
        )
        cache: OrderedDict[int, pa.Table] = OrderedDict()
        # Beside the parts, so that a reader finds all rows once, in the one folder or the other.
        in_order = self._folder.with_name(f"{self._folder.name}.sorted")
        create_private_folder(in_order)
        for number, start in enumerate(range(0, len(order), _PART_ROWS), 1):
            table = self._take_rows(order[start : start + _PART_ROWS], schema, cache)
            _write(table, in_order / f"{number:05d}.parquet")
        as_they_came = self._folder.rename(self._folder.with_name(f"{self._folder.name}.unsorted"))
        in_order.rename(self._folder)
        shutil.rmtree(as_they_came)

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

    unfinished = path.with_name(f"{path.name}.part")
    try:
        with open_private(unfinished, "wb") as file:
            pq.write_table(table, file, compression="zstd", row_group_size=_ROW_GROUP)
        unfinished.rename(path)
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

"""`RowTable`: rows in Parquet or Arrow files or in memory, read a few at a time without an import.

A table consists of pieces, such as the row groups of Parquet files, and reads those that it needs.
"""

from __future__ import annotations

import bisect
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

from distilabel.errors import DistilabelUserError

if TYPE_CHECKING:
    import pyarrow as pa

# Rows in a piece of a table in memory.
PIECE_ROWS: Final = 10_000


@dataclass(frozen=True, slots=True)
class Piece:
    """Consecutive rows that are read at once.

    Attributes:
        count: Number of rows.
        read: Returns the named columns of the rows.
    """

    count: int
    read: Callable[[list[str]], pa.Table]


@dataclass
class RowTable:
    """Rows with columns, in files or in memory.

    Attributes:
        name: Name of the table, such as `default-train`.
        schema: Columns and their types.
        pieces: Pieces in order.
        fingerprint: Changes if the rows may have changed.
        folder: Where the rows are; empty in memory.
    """

    name: str
    schema: pa.Schema
    pieces: list[Piece]
    fingerprint: str
    folder: str = ""
    _starts: list[int] = field(init=False, repr=False)
    _kept: dict[str, pa.ChunkedArray] = field(init=False, repr=False, default_factory=dict)

    def __post_init__(self) -> None:
        self._starts = [0]
        for piece in self.pieces:
            self._starts.append(self._starts[-1] + piece.count)

    def __len__(self) -> int:
        return self._starts[-1]

    @property
    def columns(self) -> list[str]:
        """Names of the columns."""
        return list(self.schema.names)

    def batches(self, columns: Sequence[str], start: int = 0) -> Iterator[tuple[int, pa.Table]]:
        """Reads columns piece by piece.

        Args:
            columns: Names of the columns.
            start: Position of the first row.

        Yields:
            The position of the first row, and the rows.
        """
        first = max(0, bisect.bisect_right(self._starts, start) - 1)
        for number in range(first, len(self.pieces)):
            begin = self._starts[number]
            table = self._read(number, list(columns))
            skip = max(0, start - begin)
            yield begin + skip, table.slice(skip) if skip else table

    def take(
        self, positions: Sequence[int], columns: Sequence[str] | None = None
    ) -> list[dict[str, Any]]:
        """Reads rows by their positions.

        Args:
            positions: Positions, in any order.
            columns: Names of the columns; None for all.

        Returns:
            One dict per position.

        Raises:
            DistilabelUserError: A position is not in the table, or a file cannot be read.
        """
        names = self.columns if columns is None else list(columns)
        wanted: dict[int, list[int]] = {}
        for position in positions:
            if not 0 <= position < len(self):
                raise DistilabelUserError(
                    f"{self.name}: there is no row {position}; it has {len(self):,} rows."
                )
            wanted.setdefault(bisect.bisect_right(self._starts, position) - 1, []).append(position)
        found: dict[int, dict[str, Any]] = {}
        for number, inside in wanted.items():
            table = self._read(number, names)
            offsets = [position - self._starts[number] for position in inside]
            found.update(zip(inside, table.take(offsets).to_pylist(), strict=True))
        return [found[position] for position in positions]

    def column(self, name: str) -> pa.ChunkedArray:
        """Returns a whole column, which stays in memory: for numbers and short texts."""
        import pyarrow as pa

        if name not in self._kept:
            tables = [table for _, table in self.batches([name])]
            merged = pa.concat_tables(tables, promote_options="permissive")
            self._kept[name] = merged.column(0)
        return self._kept[name]

    def _read(self, number: int, columns: list[str]) -> pa.Table:
        import pyarrow as pa

        try:
            return self.pieces[number].read(columns)
        except (OSError, pa.ArrowException) as error:
            raise DistilabelUserError(
                f"{self.name}: rows from {self._starts[number]:,} on cannot be read: {error}. The "
                "files were changed or removed after the review began; start it again."
            ) from error


def table_in_memory(name: str, table: pa.Table, fingerprint: str) -> RowTable:
    """Makes a `RowTable` of an Arrow table, whose columns may be mapped from a file."""

    def piece(start: int) -> Piece:
        part = table.slice(start, PIECE_ROWS)
        return Piece(part.num_rows, part.select)

    pieces = [piece(start) for start in range(0, table.num_rows, PIECE_ROWS)]
    return RowTable(name, table.schema, pieces, fingerprint)

"""`RowIds`: ids of rows that survive reruns in another order.

The id of a row is a digest of the texts that a person sees, and a number if several rows have the
same texts. Ids are stored when a row is first shown; a row whose text changed gets another one.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from distilabel._core.hashing import digest
from distilabel.review.answers.review_file import ReviewFile, Source
from distilabel.review.rows.table import RowTable


def row_digest(row: dict[str, Any], shown: Sequence[str]) -> str:
    """Returns the digest of the shown columns of a row."""
    return digest([row.get(name) for name in shown]).hex()[:24]


def numbered(digest_text: str, occurrence: int) -> str:
    """Returns the id of the row that is the `occurrence`-th with this digest, from 0 on."""
    return f"{digest_text}-{occurrence}" if occurrence else digest_text


class RowIds:
    """The ids of the rows of a source.

    Args:
        file: Review file.
        source: The source.
        table: Its rows.
    """

    def __init__(self, file: ReviewFile, source: Source, table: RowTable) -> None:
        self._file = file
        self._source = source
        self._table = table
        # Position → id of the rows that have one, and the other way round.
        self.bound: dict[int, str] = {}
        self._positions: dict[str, int] = {}
        # Digest → ids that have no row yet since the data changed.
        self._unbound: dict[str, list[str]] = {}
        # Digest → number of ids made from it.
        self._counts: dict[str, int] = {}
        rows = file.connection.execute(
            "SELECT uid, digest, position FROM row WHERE source=? ORDER BY rowid", (source.id,)
        )
        for uid, of, position in rows:
            self._counts[of] = self._counts.get(of, 0) + 1
            if position is None or position >= len(table):
                self._unbound.setdefault(of, []).append(uid)
            else:
                self.bound[position] = uid
                self._positions[uid] = position

    @property
    def unbound(self) -> list[str]:
        """Ids whose row has not been found in the data: after `match`, their texts changed."""
        return [uid for uids in self._unbound.values() for uid in uids]

    def position(self, uid: str) -> int | None:
        """Returns the position of a row; None if it has no id yet or is gone."""
        return self._positions.get(uid)

    def peek(self, position: int, row: dict[str, Any]) -> str:
        """Returns the id that a row has or would get, without storing it."""
        return self.bound.get(position) or self._free(row_digest(row, self._source.shown))

    def _free(self, of: str) -> str:
        waiting = self._unbound.get(of)
        return waiting[0] if waiting else numbered(of, self._counts.get(of, 0))

    def bind(self, rows: dict[int, dict[str, Any]]) -> dict[int, str]:
        """Returns the ids of rows, and stores the new ones in one transaction.

        Args:
            rows: Position → row.

        Raises:
            sqlite3.Error: The file cannot be written.
        """
        new = [position for position in rows if position not in self.bound]
        self._bind({at: row_digest(rows[at], self._source.shown) for at in new})
        return {position: self.bound[position] for position in rows}

    def _bind(self, new: dict[int, str]) -> None:
        if not new:
            return
        entries = []
        for position, of in new.items():
            uid = self._free(of)
            entries.append((self._source.id, uid, of, position))
            self._keep(position, uid, of)
        try:
            with self._file.transaction() as connection:
                connection.executemany(
                    "INSERT INTO row (source, uid, digest, position) VALUES (?, ?, ?, ?)"
                    " ON CONFLICT (source, uid) DO UPDATE SET position=excluded.position",
                    entries,
                )
        except BaseException:
            for _, uid, of, position in entries:
                self._forget(position, uid, of)
            raise

    def _keep(self, position: int, uid: str, of: str) -> None:
        waiting = self._unbound.get(of)
        if waiting and uid in waiting:
            waiting.remove(uid)
        else:
            self._counts[of] = self._counts.get(of, 0) + 1
        self.bound[position] = uid
        self._positions[uid] = position

    def _forget(self, position: int, uid: str, of: str) -> None:
        # As an id without a row: the next row with these texts gets it.
        self.bound.pop(position, None)
        self._positions.pop(uid, None)
        self._unbound.setdefault(of, []).append(uid)

    def match(self, start: int, digests: list[str]) -> None:
        """Binds ids that were stored before the data changed to the rows of a piece.

        Args:
            start: Position of the first row.
            digests: Digests of the rows, as `digests` yields them.
        """
        found = {}
        seen: dict[str, int] = {}
        for position, of in enumerate(digests, start):
            free = len(self._unbound.get(of, ())) - seen.get(of, 0)
            if free > 0 and position not in self.bound:
                seen[of] = seen.get(of, 0) + 1
                found[position] = of
        self._bind(found)


def digests(table: RowTable, shown: Sequence[str]) -> Iterator[tuple[int, list[str]]]:
    """Yields the position of the first row of each piece of a table, and the rows' digests."""
    for start, piece in table.batches(shown):
        yield start, [row_digest(row, shown) for row in piece.to_pylist()]

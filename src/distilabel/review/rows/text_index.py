"""An index of words for tables of many rows (SQLite FTS5), built in the background.

A search by the index finds whole words in a millisecond; the rows' texts stay where they are.
"""

from __future__ import annotations

import re
import sqlite3
import threading
import time
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Final

from distilabel._core.private_files import make_private, open_private
from distilabel.review.rows.search import strings_in
from distilabel.review.rows.table import RowTable

if TYPE_CHECKING:
    import pyarrow as pa

# A scan of fewer rows takes less than a second.
WORTH_ROWS: Final = 200_000
# Seconds before the index is begun.
_PATIENCE: Final = 3.0
_WORD: Final = re.compile(r"\w+")


class TextIndex:
    """Words of a table's texts.

    Args:
        path: File of the index; it can be removed at any time.
        table: The table.
        columns: Columns with texts.
    """

    def __init__(self, path: Path, table: RowTable, columns: Sequence[str]) -> None:
        self._path = path
        self._table = table
        self._columns = list(columns)
        self._stop = threading.Event()
        self._thread: threading.Thread | None = None
        self.indexed = 0

    @property
    def is_ready(self) -> bool:
        """Whether all rows are in the index."""
        return self.indexed >= len(self._table)

    def start(self) -> None:
        """Builds the index in a thread; goes on where an earlier process stopped."""
        self._thread = threading.Thread(target=self._build, name="review-index", daemon=True)
        self._thread.start()

    def stop(self) -> None:
        """Stops building and waits for the thread."""
        self._stop.set()
        if self._thread is not None:
            self._thread.join()

    def _build(self) -> None:
        # The first page comes first.
        self._stop.wait(_PATIENCE)
        # The index is a convenience: without it, a search reads the texts.
        try:
            self.build()
        except (OSError, sqlite3.Error, ValueError):
            self.indexed = 0

    def build(self) -> None:
        """Builds the index, or what is missing of it, until it is complete or stopped.

        Raises:
            OSError: The file cannot be written.
            sqlite3.Error: Likewise.
            DistilabelUserError: Rows cannot be read.
        """
        open_private(self._path, "ab").close()
        make_private(self._path)
        connection = sqlite3.connect(self._path, isolation_level=None)
        try:
            self._create(connection)
            row = connection.execute("SELECT indexed FROM state").fetchone()
            self.indexed = row[0]
            for start, piece in self._table.batches(self._columns, self.indexed):
                if self._stop.is_set():
                    return
                began = time.monotonic()
                rows = enumerate(row_texts(piece), start + 1)
                connection.execute("BEGIN")
                connection.executemany("INSERT INTO words (rowid, text) VALUES (?, ?)", rows)
                done = start + piece.num_rows
                connection.execute("UPDATE state SET indexed = ?", (done,))
                connection.execute("COMMIT")
                self.indexed = done
                # People's answers come first: half of the time is theirs.
                self._stop.wait(time.monotonic() - began)
        finally:
            connection.close()

    def _create(self, connection: sqlite3.Connection) -> None:
        connection.execute("PRAGMA journal_mode=WAL")
        # It can be built again.
        connection.execute("PRAGMA synchronous=OFF")
        known = connection.execute("SELECT name FROM sqlite_master WHERE name='state'").fetchone()
        key = f"{self._table.fingerprint} {' '.join(self._columns)}"
        if known:
            if connection.execute("SELECT key FROM state").fetchone()[0] == key:
                return
            connection.execute("DROP TABLE state")
            connection.execute("DROP TABLE words")
        connection.execute(
            "CREATE VIRTUAL TABLE words USING fts5(text, content='', detail=none, columnsize=0)"
        )
        connection.execute("CREATE TABLE state (key TEXT, indexed INTEGER)")
        connection.execute("INSERT INTO state VALUES (?, 0)", (key,))

    def find(self, text: str, limit: int) -> list[int] | None:
        """Finds rows that have all words of a text, the last one as the start of a word.

        Args:
            text: The words.
            limit: Maximum number of rows.

        Returns:
            Positions in order; None if the text has no word.
        """
        words = _WORD.findall(text)
        if not words:
            return None
        query = " ".join(f'"{word}"' for word in words) + "*"
        connection = sqlite3.connect(f"file:{self._path}?mode=ro", uri=True)
        try:
            rows = connection.execute(
                "SELECT rowid FROM words WHERE words MATCH ? ORDER BY rowid LIMIT ?",
                (query, limit),
            )
            return [row[0] - 1 for row in rows]
        finally:
            connection.close()


def row_texts(piece: pa.Table) -> list[str]:
    """Returns the texts of each row of a table, joined; by Arrow where it can."""
    import pyarrow as pa
    import pyarrow.compute as pc

    joined = []
    for column in piece.columns:
        kind = column.type
        if pa.types.is_string(kind):
            texts = column
        elif pa.types.is_list(kind) and pa.types.is_string(kind.value_type):
            texts = pc.binary_join(column, " ")
        else:
            texts = pa.chunked_array([[" ".join(strings_in(v)) for v in column.to_pylist()]])
        joined.append(pc.fill_null(texts, ""))
    found: list[str] = pc.binary_join_element_wise(*joined, " ").to_pylist()
    return found

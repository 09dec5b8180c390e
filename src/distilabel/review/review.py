"""`Review`: the tables that are reviewed, their answers, and the threads that work on them."""

from __future__ import annotations

import asyncio
import hashlib
import threading
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any, TypeVar

from distilabel.errors import DistilabelUserError
from distilabel.review.answers.codes import Codebook
from distilabel.review.answers.review_file import ReviewFile
from distilabel.review.answers.row_ids import digests
from distilabel.review.reviewed_table import ReviewedTable
from distilabel.review.rows.table import RowTable

_T = TypeVar("_T")


class Review:
    """The review of some tables.

    Args:
        tables: Tables with rows.
        path: Path of the review file.

    Raises:
        DistilabelUserError: The file cannot be opened.
    """

    def __init__(self, tables: Sequence[RowTable], path: Path) -> None:
        self.file = ReviewFile(path)
        self.codes = Codebook(self.file)
        # Separates what browsers keep for reviews at the same address.
        self.id = hashlib.blake2b(self.file.seed.encode(), digest_size=6).hexdigest()
        self.tables = {table.name: ReviewedTable(self.file, table) for table in tables}
        # One thread for all that touches answers: no locks, and the order in which they arrive.
        self._answers = ThreadPoolExecutor(1, thread_name_prefix="review-answers")
        # Reading rows must not keep answers waiting.
        self._rows = ThreadPoolExecutor(2, thread_name_prefix="review-rows")
        self._closing = threading.Event()
        self._matching: threading.Thread | None = None

    def start(self) -> None:
        """Starts what goes on in the background: finding rows of old answers, indexing texts."""
        changed = [each for each in self.tables.values() if each.ids.unbound]
        if changed:
            self._matching = threading.Thread(
                target=self._match, args=(changed,), name="review-matching", daemon=True
            )
            self._matching.start()
        for each in self.tables.values():
            if each.index is not None:
                each.index.start()

    def _match(self, tables: list[ReviewedTable]) -> None:
        for each in tables:
            for start, found in digests(each.table, each.source.shown):
                if self._closing.is_set() or not each.ids.unbound:
                    break
                # One piece at a time: answers are stored in between.
                self._answers.submit(each.ids.match, start, found).result()

    @property
    def is_matching(self) -> bool:
        """Whether rows of old answers are still searched for."""
        return self._matching is not None and self._matching.is_alive()

    def table(self, name: str) -> ReviewedTable:
        """Returns a table by its name; the first one for an empty name.

        Raises:
            DistilabelUserError: There is no such table.
        """
        if not name:
            return next(iter(self.tables.values()))
        if name not in self.tables:
            raise DistilabelUserError(
                f"There is no source {name!r}. Sources: {', '.join(self.tables)}."
            )
        return self.tables[name]

    async def with_answers(self, function: Callable[..., _T], *args: Any) -> _T:
        """Runs a function that reads or writes answers, in their thread."""
        return await asyncio.get_running_loop().run_in_executor(self._answers, function, *args)

    def in_answers(self, function: Callable[..., _T], *args: Any) -> _T:
        """As `with_answers`, from another thread than that of the server."""
        return self._answers.submit(function, *args).result()

    async def with_rows(self, function: Callable[..., _T], *args: Any) -> _T:
        """Runs a function that only reads rows, in another thread."""
        return await asyncio.get_running_loop().run_in_executor(self._rows, function, *args)

    def close(self) -> None:
        """Stops the threads and closes the file; answers that arrived are stored."""
        self._closing.set()
        for each in self.tables.values():
            if each.index is not None:
                each.index.stop()
        self._rows.shutdown(cancel_futures=True)
        self._answers.shutdown()
        self.file.close()

"""Routing: which successors get the rows of a chunk. The same rows go the same way on a rerun."""

from __future__ import annotations

import logging
from collections.abc import Callable

import orjson

from distilabel._core.hashing import digest
from distilabel._engine.rows.rows import RowChunk
from distilabel._engine.storage.answer_store import Store
from distilabel.errors import DistilabelUserError

_log = logging.getLogger("distilabel.pipeline")


class Router:
    """Chooses successors by a function of the user's.

    Args:
        step: whose rows are routed.
        successors: names to choose from.
        function: takes those names and gives the chosen ones.
        store: where choices are kept, so that a rerun chooses the same; None keeps none.
        reuse: whether kept choices are used.
    """

    def __init__(
        self,
        step: str,
        successors: list[str],
        function: Callable[[list[str]], list[str]],
        store: Store | None,
        reuse: bool,
    ) -> None:
        self._step = step
        self._successors = successors
        self._function = function
        self._store = store
        self._reuse = reuse

    def choose(self, chunk: RowChunk) -> list[str]:
        """The names of the successors that get this chunk."""
        if self._store is None:
            return self._chosen()
        try:
            key = digest(["route", self._step, self._successors, chunk.keys, chunk.rows])
        except TypeError:  # rows that have no digest are routed afresh
            return self._chosen()
        kept = self._store.get(key) if self._reuse else None
        if kept is not None:
            choice: list[str] = orjson.loads(kept)
            return choice
        choice = self._chosen()
        self._store.put_later(key, orjson.dumps(choice), wait=False)
        return choice

    def _chosen(self) -> list[str]:
        try:
            choice = list(self._function(list(self._successors)))
        except Exception as error:
            raise RuntimeError(
                f"The routing function after the step {self._step!r} failed: "
                f"{type(error).__name__}: {error}. Answers that came so far are kept: correct it "
                "and run again."
            ) from error
        unknown = [name for name in choice if name not in self._successors]
        if unknown:
            raise DistilabelUserError(
                f"The routing function after the step {self._step!r} chose {unknown[0]!r}, which "
                f"does not follow it: choose among {', '.join(self._successors)}."
            )
        _log.debug("rows of %s go to %s", self._step, ", ".join(choice) or "nobody")
        return choice

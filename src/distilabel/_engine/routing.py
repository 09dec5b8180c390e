"""Routing: which successors get the rows of a chunk. The same rows go the same way on a rerun."""

from __future__ import annotations

import logging
from collections.abc import Callable

import orjson

from distilabel._core.digest import digest
from distilabel._engine.rows import Chunk
from distilabel._engine.store import Store

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

    def choose(self, chunk: Chunk) -> list[str]:
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
        self._store.put_later(key, orjson.dumps(choice))
        return choice

    def _chosen(self) -> list[str]:
        choice = list(self._function(list(self._successors)))
        _log.debug("rows of %s go to %s", self._step, ", ".join(choice))
        return choice

"""Routes chunks to successors. A rerun routes the same rows the same way."""

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
    """Chooses successors with the user's routing function.

    Args:
        step: Name of the step whose rows are routed.
        successors: Names to choose from.
        function: Takes those names and returns the chosen ones.
        store: Stores the choices, so that a rerun makes the same ones; None stores nothing.
        reuse: Whether stored choices are used.
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
        """Returns the names of the successors for a chunk."""
        if self._store is None:
            return self._chosen()
        try:
            keys = [list(key) for key in chunk.keys]
            key = digest(["route", self._step, self._successors, keys, chunk.rows])
        except TypeError:  # rows without a digest are routed anew on every run
            return self._chosen()
        stored = self._store.get(key) if self._reuse else None
        if stored is not None:
            choice: list[str] = orjson.loads(stored)
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
                f"{type(error).__name__}: {error}. Answers received so far are stored: fix the "
                "function and run again."
            ) from error
        unknown = [name for name in choice if name not in self._successors]
        if unknown:
            raise DistilabelUserError(
                f"The routing function after the step {self._step!r} returned {unknown[0]!r}, "
                f"which is not connected to it. Choose among {', '.join(self._successors)}."
            )
        _log.debug("rows of %s go to %s", self._step, ", ".join(choice) or "no step")
        return choice

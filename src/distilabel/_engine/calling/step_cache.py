"""Caches the results of a user's step by its source code, its fields and the rows of the batch.

Without it, a step that draws random numbers would make other rows on every rerun, and requests
about them would be sent and paid for again.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from typing import Any, NamedTuple

import orjson

from distilabel._core.hashing import digest
from distilabel._engine.calling.dependencies import dependencies_of
from distilabel._engine.calling.fingerprint import field_digest, source_of
from distilabel._engine.calling.state_of_step import watch
from distilabel._engine.rows.origins import KeyTracer, Origins, find_origins
from distilabel._engine.storage.answer_store import Store
from distilabel.steps.base import Step

_log = logging.getLogger("distilabel.pipeline")


class StepResult(NamedTuple):
    """The result of running a step on a batch.

    Attributes:
        rows: Rows that the step made; if it failed, those of the batch with None in its columns.
        origins: Positions of the input rows from which they were made.
        is_assumed: Whether origins that matter were unknown, and rows are paired by position.
        error: Exception that the step raised; None if it raised none.
        changed_state: Whether the step, in a worker process, has changed its own state.
    """

    rows: list[Any]
    origins: Origins
    is_assumed: bool = False
    error: BaseException | None = None
    changed_state: bool = False


class StepCache:
    """Caches the results of one step.

    Args:
        step: The step.
        store: Stores the results.
        reuse: Whether stored results are used.
        configuration: Digest of the step's fields, if the step is loaded elsewhere; None
            computes it.

    Raises:
        TypeError: The fields of the step have no digest, or it holds too much to compare.
    """

    def __init__(
        self, step: Step, store: Store, reuse: bool, configuration: str | None = None
    ) -> None:
        covered: set[int] = set()
        self._base = [configuration or field_digest(step), source_of(type(step), covered)]
        self._base += dependencies_of(step, covered)
        self._state = watch(step)
        if not self._state.is_complete:
            raise TypeError("it holds too many values to compare them after every batch")
        self._step = step
        self._name = step.name
        self._has_mappings = bool(step.input_mappings)
        self._store = store
        self._reuse = reuse
        self._has_logged = False
        self._is_off = False

    def result(
        self, rows: list[Any], run: Callable[[], StepResult], *, joined: bool = False
    ) -> StepResult:
        """Returns the stored result for a batch, or else runs the step and stores its result.

        Args:
            rows: Rows of the batch.
            run: Runs the step on them.
            joined: Whether the origins of the rows must be known.
        """
        if self._is_off or self._has_changed():
            return run()
        try:
            key = digest(["memo", *self._base, rows])
        except TypeError as error:
            self._log_uncached(f"its rows cannot be stored: {error}")
            return run()
        stored = self._store.get(key) if self._reuse else None
        found = self._read(stored, rows, joined) if stored is not None else None
        if found is not None:
            return found
        result = run()
        if not self._has_changed(result.changed_state) and result.error is None:
            self._put(key, result, joined)
        return result

    def _has_changed(self, in_worker: bool = False) -> bool:
        """Whether the state is no longer the one at the start; then no result is stored or used."""
        if in_worker or not self._state.is_unchanged():
            self._is_off = True
            self._log_uncached("it keeps state from batch to batch")
        return self._is_off

    def _read(self, stored: bytes, rows: list[Any], joined: bool) -> StepResult | None:
        """Returns a stored result; None if it does not tell the origins and they must be known."""
        made, origins, *more = orjson.loads(stored)
        if more:
            is_traced, is_assumed = more
            if is_traced or not joined:
                return StepResult(
                    made, range(len(made)) if origins is None else origins, is_assumed
                )
        elif self._has_mappings:
            # Stored by a version that may have put hidden columns back into the wrong rows.
            return None
        inputs = [list(port) for port in zip(*rows, strict=True)] if _are_joined(rows) else [rows]
        if any(row is None for port in inputs for row in port):
            return None
        found = find_origins(inputs, made, KeyTracer() if joined else None)
        return None if joined and None in found else StepResult(made, found)

    def _put(self, key: bytes, result: StepResult, joined: bool) -> None:
        try:
            # Most steps make one row from each, which needs no list of origins.
            origins = None if isinstance(result.origins, range) else result.origins
            text = orjson.dumps([result.rows, origins, joined, result.is_assumed])
        except TypeError as error:
            self._log_uncached(f"its rows cannot be stored: {error}")
            return
        # Dates, tuples and NaN are not the same after a round trip.
        if orjson.loads(text)[0] == result.rows:
            self._store.put_later(key, text)
        else:
            self._log_uncached("its rows hold values that JSON cannot represent")

    def _log_uncached(self, why: str) -> None:
        if not self._has_logged:
            self._has_logged = True
            _log.info("%s runs again on every run: %s", self._name, why)


def _are_joined(rows: list[Any]) -> bool:
    return bool(rows) and isinstance(rows[0], tuple)

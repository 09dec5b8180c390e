"""The memo: what a user's step made of a batch, kept under its source, its fields and the rows.

A step that draws lots would otherwise send other rows to its models on every rerun, and those
would be asked and paid for again.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from typing import Any, NamedTuple

import orjson

from distilabel._core.hashing import digest
from distilabel._engine.calling.fingerprint import configured, source_of, state_of
from distilabel._engine.rows.rows import RowOrigin, one_to_one
from distilabel._engine.storage.answer_store import Store
from distilabel.steps.base import Step

_log = logging.getLogger("distilabel.pipeline")


class StepResult(NamedTuple):
    """What a step made of a batch.

    Attributes:
        rows: the rows.
        places: where each of them comes from.
        error: why it failed, if it did; then the rows are those of the batch, with None.
        remembers: whether the step, elsewhere, has changed what it remembers meanwhile.
    """

    rows: list[Any]
    places: list[RowOrigin]
    error: Exception | None
    remembers: bool = False


class StepCache:
    """Remembers the outcomes of one step.

    Args:
        step: the step.
        store: where outcomes are kept.
        reuse: whether kept outcomes are used.
        configuration: digest of the step's fields, where it is loaded elsewhere.

    Raises:
        TypeError: the step's fields have no digest.
    """

    def __init__(
        self, step: Step, store: Store, reuse: bool, configuration: str | None = None
    ) -> None:
        self._base = [configuration or configured(step), source_of(type(step))]
        self._step = step
        self._name = step.name
        self._store = store
        self._reuse = reuse
        self._told = False
        self._off = False

    def outcome(self, rows: list[Any], make: Callable[[], StepResult]) -> StepResult:
        """What is remembered of these rows, or else what `make` gives, which is then kept.

        Args:
            rows: of the batch.
            make: runs the step.
        """
        if self._off:
            return make()
        try:
            key = digest(["memo", *self._base, rows])
        except TypeError as error:
            self._tell(f"its rows cannot be kept: {error}")
            return make()
        kept = self._store.get(key) if self._reuse else None
        if kept is not None:
            made, matched = orjson.loads(kept)
            if matched is None:
                return StepResult(made, one_to_one(len(made)), None)
            return StepResult(made, [RowOrigin(*place) for place in matched], None)
        before = state_of(self._step)
        outcome = make()
        if outcome.remembers or state_of(self._step) != before:
            # What it makes of a batch depends on the batches before: none of them can be left out.
            self._off = True
            self._tell("it remembers things from batch to batch")
        elif outcome.error is None:
            self._keep(key, outcome)
        return outcome

    def _keep(self, key: bytes, outcome: StepResult) -> None:
        try:
            # Most steps make one row of each: that needs no list of who comes from whom.
            plain = outcome.places == one_to_one(len(outcome.rows))
            matched = None if plain else [tuple(place) for place in outcome.places]
            text = orjson.dumps([outcome.rows, matched])
        except TypeError as error:
            self._tell(f"its rows cannot be kept: {error}")
            return
        # Times, tuples and numbers that are none would come back as something else.
        if orjson.loads(text)[0] == outcome.rows:
            self._store.put_later(key, text)
        else:
            self._tell("its rows hold values that JSON has no form for")

    def _tell(self, why: str) -> None:
        if not self._told:
            self._told = True
            _log.info("%s runs again on every run: %s", self._name, why)

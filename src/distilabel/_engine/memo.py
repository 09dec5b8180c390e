"""The memo: what a user's step made of a batch, kept under its source, its fields and the rows.

A step that draws lots would otherwise send other rows to its models on every rerun, and those
would be asked and paid for again.
"""

from __future__ import annotations

import inspect
import logging
from collections.abc import Callable
from typing import Any, Final, NamedTuple

import orjson

from distilabel._core.digest import digest
from distilabel._engine.rows import Place
from distilabel._engine.store import Store
from distilabel.steps.base import Step

# What changes how a step is run, not what it makes of a row.
_NOT_CONFIGURATION: Final = frozenset(
    {"input_batch_size", "name", "resources", "runtime_parameters_info", "use_cache"}
)

_log = logging.getLogger("distilabel.pipeline")


class Outcome(NamedTuple):
    """What a step made of a batch.

    Attributes:
        rows: the rows.
        places: where each of them comes from.
        error: why it failed, if it did; then the rows are those of the batch, with None.
    """

    rows: list[Any]
    places: list[Place]
    error: Exception | None


class Memo:
    """Remembers the outcomes of one step.

    Args:
        step: the step.
        store: where outcomes are kept.
        reuse: whether kept outcomes are used.

    Raises:
        TypeError: the step's fields have no digest.
    """

    def __init__(self, step: Step, store: Store, reuse: bool) -> None:
        fields = {k: v for k, v in step.dump().items() if k not in _NOT_CONFIGURATION}
        self._base = [digest(fields).hex(), source_of(type(step))]
        self._name = step.name
        self._store = store
        self._reuse = reuse
        self._told = False

    def outcome(self, rows: list[Any], make: Callable[[], Outcome]) -> Outcome:
        """What is remembered of these rows, or else what `make` gives, which is then kept.

        Args:
            rows: of the batch.
            make: runs the step.
        """
        try:
            key = digest(["memo", *self._base, rows])
        except TypeError as error:
            self._tell(error)
            return make()
        kept = self._store.get(key) if self._reuse else None
        if kept is not None:
            made, matched = orjson.loads(kept)
            return Outcome(made, [Place(*place) for place in matched], None)
        outcome = make()
        if outcome.error is None:
            try:
                self._store.put_later(key, orjson.dumps([outcome.rows, outcome.places]))
            except TypeError as error:
                self._tell(error)
        return outcome

    def _tell(self, error: TypeError) -> None:
        if not self._told:
            self._told = True
            _log.info("%s runs again on every run: its rows cannot be kept (%s)", self._name, error)


def source_of(cls: type) -> str:
    """The source of a step's class; where there is no file, the code of its methods."""
    function = getattr(cls, "__wrapped_function__", None)
    try:
        return inspect.getsource(function or cls)
    except (OSError, TypeError):
        methods = [function] if function else [m for m in vars(cls).values() if callable(m)]
        codes = [m.__code__ for m in methods if hasattr(m, "__code__")]
        return "\n".join(f"{c.co_name} {c.co_code.hex()} {c.co_consts!r}" for c in codes)

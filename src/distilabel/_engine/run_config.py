"""The settings of one run. Imports nothing of the engine above storage."""

from __future__ import annotations

from dataclasses import dataclass

from distilabel._engine.spill_storage import SpillStorage
from distilabel.typing.steps import OnError


@dataclass(frozen=True, kw_only=True)
class RunConfig:
    """What a run is asked to do, decided before it starts and the same until it ends.

    Attributes:
        on_error: How rows that a step fails on are handled, unless the step sets its own.
        reuse: Whether stored answers and cached outputs of earlier runs are used.
        persist: Whether answers, outputs and the history of the run are stored.
        budget: US dollars the run may cost; None sets no limit.
        target: Rows every leaf step is to end with; None takes all rows there are.
        storage: Where rows wait for global steps; None keeps them in memory.
        picked: Ordinals of the source rows of a pilot, in ascending order; None takes all rows.
        first_batch_only: Whether every source stops after one batch, as in a dry run.
        provenance: Whether rows tell which step, model and answer made each column.
        source_batch_size: Rows in a batch of every source; None leaves the size to the source.
    """

    on_error: OnError = "null"
    reuse: bool = True
    persist: bool = True
    budget: float | None = None
    target: int | None = None
    storage: SpillStorage | None = None
    picked: tuple[int, ...] | None = None
    first_batch_only: bool = False
    provenance: bool = False
    source_batch_size: int | None = None

    @property
    def is_pilot(self) -> bool:
        """Whether the run tries a sample of the rows, for an estimate."""
        return self.picked is not None

"""The plan of a run: what the pipeline hands to the engine."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from distilabel._core.dag import Dag
from distilabel._engine.run_config import RunConfig
from distilabel._engine.workers.backend import WorkerBackend
from distilabel.steps.base import _Step


@dataclass(frozen=True)
class Plan:
    """The steps to run, how they are connected, and where the results are stored.

    Attributes:
        name: Name of the pipeline.
        dag: The steps' names and connections.
        steps: The steps by name, in topological order.
        stages: Names of the steps that are loaded together, in topological order. A stage is loaded
            when the one before has ended.
        data: Directory for the rows of the leaf steps and for artifacts.
        store: File of the answer store; None stores nothing.
        config: Settings of the run.
        routing: Step name → the function that chooses among the names of its successors.
        signature: Signature of the pipeline.
        backend: Where worker processes run.
    """

    name: str
    dag: Dag
    steps: dict[str, _Step]
    stages: list[list[str]]
    data: Path
    store: Path | None
    config: RunConfig
    routing: dict[str, Callable[[list[str]], list[str]]]
    signature: str
    backend: WorkerBackend

    @property
    def source_columns(self) -> frozenset[str]:
        """Columns that come from a generator step alone: no other step writes them."""
        generated: set[str] = set()
        written: set[str] = set()
        for step in self.steps.values():
            try:
                columns = step._known_outputs()
            except Exception:  # noqa: BLE001 (validation reports it; here it only means "unknown")
                continue
            (generated if step.is_generator else written).update(columns)
        return frozenset(generated - written)

    @property
    def leaves(self) -> tuple[str, ...]:
        """Names of the steps without successors, in topological order."""
        return tuple(name for name in self.steps if not self.dag.successors(name))

"""The plan of a run: what the pipeline hands to the engine."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from distilabel._engine.run_config import RunConfig
from distilabel._engine.workers.backend import WorkerBackend
from distilabel._engine.workers.process_backend import ProcessBackend
from distilabel.steps.base import _Step


@dataclass
class Plan:
    """What to run, where to keep things, and how.

    Attributes:
        name: of the pipeline.
        steps: by name, in topological order.
        edges: from, to.
        stages: names of the steps that are loaded together; one stage is over before the next is
            loaded.
        routing: step name → the function that routes its rows.
        data: folder for the outputs of the leaves and for artifacts.
        store: file of the store; None keeps nothing.
        signature: of the pipeline.
        config: Settings of the run.
        site: where workers are.
    """

    name: str
    steps: dict[str, _Step]
    edges: list[tuple[str, str]]
    stages: list[list[str]]
    data: Path
    store: Path | None
    config: RunConfig = field(default_factory=RunConfig)
    routing: dict[str, Any] = field(default_factory=dict)
    signature: str = ""
    site: WorkerBackend = field(default_factory=ProcessBackend)

    def successors(self, name: str) -> list[str]:
        """Where the rows of a step go."""
        return [end for start, end in self.edges if start == name]

    @property
    def leaves(self) -> tuple[str, ...]:
        """The steps that nothing follows."""
        starts = {start for start, _ in self.edges}
        return tuple(name for name in self.steps if name not in starts)

    def predecessors(self, name: str) -> list[str]:
        """Where the rows of a step come from."""
        return [start for start, end in self.edges if end == name]

    def descendants(self, name: str) -> set[str]:
        """Every step that rows of a step may reach."""
        found: set[str] = set()
        queue = self.successors(name)
        while queue:
            step = queue.pop()
            if step not in found:
                found.add(step)
                queue += self.successors(step)
        return found

"""`StepGraph`: the graph of a pipeline, with the methods that programs read it by."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

from distilabel._core.dag import Dag
from distilabel._engine.workers.backend import WorkerBackend
from distilabel.pipeline.building.validation import Validation
from distilabel.pipeline.routing_batch_function import RoutingBatchFunction
from distilabel.steps.base import _Step


class StepGraph(Dag):
    """The steps of a pipeline and the connections between them.

    Iterating over it yields the names of the steps, each after those it receives rows from.

    Args:
        steps: The steps by name; those of the pipeline, which adds to them.
        routing: Name of a step → the function that routes its rows.
        backend: Returns where worker processes run.
    """

    def __init__(
        self,
        steps: dict[str, _Step],
        routing: dict[str, RoutingBatchFunction],
        backend: Callable[[], WorkerBackend],
    ) -> None:
        super().__init__()
        self._steps = steps
        self._routing = routing
        self._backend = backend

    def __iter__(self) -> Iterator[str]:
        return iter(self.topological())

    @property
    def root_steps(self) -> set[str]:
        """Names of the steps without predecessors."""
        return set(self.roots)

    @property
    def leaf_steps(self) -> set[str]:
        """Names of the steps without successors."""
        return set(self.leaves)

    def get_step(self, name: str) -> dict[str, Any]:
        """Returns what is known of a step: the step itself is under `"step"`.

        Args:
            name: Its name.

        Raises:
            ValueError: The pipeline has no step of that name.
        """
        self._check_name(name)
        known: dict[str, Any] = {"step": self._steps[name]}
        if name in self._routing:
            known["routing_batch_function"] = self._routing[name]
        return known

    def get_step_successors(self, name: str) -> Iterator[str]:
        """Returns the names of the steps that receive rows of a step, in order of connection.

        Args:
            name: Name of the step.

        Raises:
            ValueError: The pipeline has no step of that name.
        """
        self._check_name(name)
        return iter(self.successors(name))

    def get_step_predecessors(self, name: str) -> Iterator[str]:
        """Returns the names of the steps that a step receives rows from, in order of connection.

        Args:
            name: Name of the step.

        Raises:
            ValueError: The pipeline has no step of that name.
        """
        self._check_name(name)
        return iter(self.predecessors(name))

    def validate(self) -> None:
        """Checks the steps, their connections and columns, without running anything.

        Raises:
            ValueError: Something is wrong; the message lists all problems.
        """
        validation = Validation(self.copy(), self._steps, self._routing, self._backend())
        validation.graph()
        validation.problems.raise_if_any()

    def _check_name(self, name: str) -> None:
        if name not in self:
            known = ", ".join(map(repr, self)) or "none"
            raise ValueError(f"Step {name!r} is not in this pipeline. Its steps: {known}.")

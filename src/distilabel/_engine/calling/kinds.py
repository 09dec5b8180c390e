"""What kind of work a step is for the engine: told from its class, nothing is run."""

from __future__ import annotations

from distilabel.steps.base import GlobalStep, Step
from distilabel.steps.tasks.base import Task, uses_aprocess


def runs_row_by_row(cls: type[Step]) -> bool:
    """Whether a class says that its `process` is a pure function of each row.

    A subclass of a built-in that brings a `process` of its own has said nothing of the kind.
    """
    owner = next(c for c in cls.__mro__ if "process" in vars(c))
    return bool(vars(owner).get("_row_by_row", False))


def runs_per_row(task: Task) -> bool:
    """Whether a task is asked row by row, and has not brought a `process` of its own."""
    return uses_aprocess(type(task)) and not isinstance(task, GlobalStep)

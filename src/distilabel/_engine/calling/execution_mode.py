"""How the engine runs a step: decided once, from its class and its fields, before any row."""

from __future__ import annotations

from enum import Enum, auto

from distilabel.steps.base import GeneratorStep, GlobalStep, Step, _Step
from distilabel.steps.tasks.base import Task, uses_aprocess
from distilabel.steps.tasks.row_generator import RowGenerator


class ExecutionMode(Enum):
    """The ways of running a step.

    Attributes:
        SOURCE: pulls batches of rows out of a generator.
        TASK_SOURCE: makes each row of a generator task in a coroutine of its own.
        TASK: makes the rows of each input row in a coroutine of its own.
        ALL_ROWS: calls `process` once, with all rows.
        MAP_ROWS: calls `process` with rows as they arrive, on the event loop.
        MAP_BATCHES: calls `process` with batches of consecutive rows, outside the event loop.
    """

    SOURCE = auto()
    TASK_SOURCE = auto()
    TASK = auto()
    ALL_ROWS = auto()
    MAP_ROWS = auto()
    MAP_BATCHES = auto()


def execution_mode(step: _Step, *, batch_jobs: bool = True) -> ExecutionMode:
    """Decides how the engine runs a step.

    Args:
        step: Step of a pipeline.
        batch_jobs: Whether models with `use_offline_batch_generation` are asked through batch
            jobs. False in a pilot, which asks them online.

    Returns:
        The mode. It does not depend on worker processes: they change where a step runs.
    """
    if isinstance(step, GeneratorStep):
        by_row = isinstance(step, RowGenerator) and _is_uses_aprocess(step)
        return ExecutionMode.TASK_SOURCE if by_row else ExecutionMode.SOURCE
    assert isinstance(step, Step)
    if isinstance(step, Task) and _is_uses_aprocess(step) and not isinstance(step, GlobalStep):
        return ExecutionMode.TASK
    if step._needs_all_rows or (batch_jobs and _asks_in_batch_jobs(step)):
        return ExecutionMode.ALL_ROWS
    if _maps_rows(type(step)) and step.process_timeout is None:
        return ExecutionMode.MAP_ROWS
    return ExecutionMode.MAP_BATCHES


def _is_uses_aprocess(task: Task | RowGenerator) -> bool:
    # A subclass may make `llm` optional: without a model, its code is run as it is.
    has_model = any(model is task.llm for model in task._all_models())
    return has_model and uses_aprocess(type(task))


def _asks_in_batch_jobs(step: Step) -> bool:
    return any(llm.use_offline_batch_generation for llm in step._all_models())


def _maps_rows(cls: type[Step]) -> bool:
    """Whether the class that defines `process` declares it a pure function of each row.

    A subclass of a built-in step that overrides `process` has declared nothing.
    """
    owner = next(c for c in cls.__mro__ if "process" in vars(c))
    return bool(vars(owner).get("_row_by_row", False))

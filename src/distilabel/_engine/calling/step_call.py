"""Calls the code of a step: with its mappings, with the clients of its models, in limited time."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Sequence
from contextvars import copy_context
from typing import Any, TypeVar

from distilabel._core.daemon_threads import DaemonThreads
from distilabel._engine.rows.rows import RowOrigin, checked_rows, distinct, match_origins
from distilabel.models.batch_jobs.pending import Work, begin_work
from distilabel.models.client.client import ModelClient, use_clients
from distilabel.steps.base import Step

_T = TypeVar("_T")

_log = logging.getLogger("distilabel.pipeline")


def run_step(step: Step, rows: list[Any]) -> tuple[list[Any], list[RowOrigin]]:
    """Runs `process` on a batch, with the mappings of the step.

    Args:
        step: The step.
        rows: Rows of the batch. Where there are several predecessors, tuples with one row from
            each, None where the row was routed to another one.

    Returns:
        The rows it made, and the origin of each.
    """
    if not rows or not isinstance(rows[0], tuple):
        return _process(step, [rows])
    # `process` takes one list per predecessor that has rows: tuples that lack the same ones go
    # together.
    shapes: dict[tuple[bool, ...], list[int]] = {}
    for i, row in enumerate(rows):
        shapes.setdefault(tuple(part is not None for part in row), []).append(i)
    made: list[tuple[RowOrigin, Any]] = []
    for shape, positions in shapes.items():
        inputs = [
            [rows[i][port] for i in positions] for port, present in enumerate(shape) if present
        ]
        out, origins = _process(step, inputs)
        made += [
            (RowOrigin(positions[origin.position], origin.branch), row)
            for origin, row in zip(origins, out, strict=True)
        ]
    if len(shapes) > 1:
        made.sort(key=lambda item: item[0])
    return [row for _, row in made], [origin for origin, _ in made]


def _process(step: Step, inputs: list[list[Any]]) -> tuple[list[Any], list[RowOrigin]]:
    mappings = step._mappings
    named = [[mappings.to_step(row) for row in rows] for rows in inputs] if mappings else inputs
    # The step may change the lists; origins are found from the rows as they were.
    before = [list(rows) for rows in named]
    made = distinct(checked_rows(_collect(step, step.process(*named)), str(step.name)))
    origins = match_origins(before[0], made, *before[1:])
    if mappings:
        aside = [mappings.hidden_columns(row) for row in inputs[0]] if len(inputs) == 1 else []
        made = [
            mappings.to_pipeline(row, aside[origin.position] if aside else {})
            for row, origin in zip(made, origins, strict=True)
        ]
    return made, origins


def _collect(step: Step, output: Any) -> list[Any]:
    """Collects the rows of `process`, which yields lists of rows or returns one."""
    if isinstance(output, list) and all(isinstance(row, dict) for row in output):
        return output
    made: list[Any] = []
    try:
        lists = iter(output)
    except TypeError:
        raise TypeError(
            f"`process` of {step.name} returned {str(output)[:40]}. Yield a list of rows."
        ) from None
    rows: Any = None
    for rows in lists:
        if not isinstance(rows, (list, tuple)):
            raise TypeError(
                f"`process` of {step.name} yielded a {type(rows).__name__}. Yield a list of rows."
            )
        made = [*made, *rows] if made else list(rows)
    if rows is None:
        _log.warning(
            "%s: `process` yielded nothing for a batch, so its rows are dropped. If that is "
            "intended, yield an empty list.",
            step.name,
        )
    return made


def call_with_clients(
    clients: Sequence[ModelClient],
    work: Callable[[], Work],
    function: Callable[..., _T],
    *args: Any,
) -> _T:
    """Calls synchronous code of a step so that its models send requests through these clients.

    Args:
        clients: Clients of the run, one per model.
        work: Makes the work that pauses while a request waits for a batch job.
        function: Runs the code.
        args: Arguments of the function.

    Returns:
        The result of the function.
    """
    if not clients:
        return function(*args)

    def call() -> _T:
        use_clients(
            {id(llm): client for client in clients for llm in (client.llm, client.stands_for)}
        )
        begin_work(work())
        return function(*args)

    # In a context of its own: the thread goes on to run code of other steps.
    return copy_context().run(call)


class TimedCall:
    """Runs synchronous calls one at a time, in a thread of its own, with a time limit.

    A thread cannot be stopped. A call that takes too long is left behind in its thread, which is a
    daemon: it blocks no other call, and does not keep the program from exiting.

    Args:
        seconds: Time limit of each call, in seconds.
        what: Name of the call in messages.
    """

    def __init__(self, seconds: float, what: str) -> None:
        self._seconds = seconds
        self._what = what
        self._threads = DaemonThreads(1, "distilabel-timed")

    async def run(self, function: Callable[..., _T], *args: Any) -> _T:
        """Runs a function.

        Args:
            function: The function.
            args: Its arguments.

        Returns:
            Its result.

        Raises:
            TimeoutError: It took too long; it continues in its thread.
        """
        limit = asyncio.timeout(self._seconds)
        try:
            async with limit:
                return await self._threads.run(function, *args)
        except TimeoutError:
            if not limit.expired():
                raise
            self.close()
            self._threads = DaemonThreads(1, "distilabel-timed")
            raise TimeoutError(
                f"{self._what} took longer than {self._seconds:g} s and was left behind"
            ) from None

    def close(self) -> None:
        """Releases the thread without waiting for its call."""
        self._threads.close()

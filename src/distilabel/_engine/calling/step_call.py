"""Calls the code of a step: with its mappings, with the clients of its models, in limited time."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Sequence
from contextvars import Context
from typing import Any, NamedTuple, Protocol, TypeVar

from distilabel._core.daemon_threads import DaemonThreads
from distilabel._engine.rows.origins import (
    KeyTracer,
    Origins,
    UnknownOriginError,
    find_origins,
    fits_positions,
)
from distilabel._engine.rows.rows import Row, checked_rows, distinct
from distilabel.models.batch_jobs.pending import Work, begin_work
from distilabel.models.client.client import ModelClient
from distilabel.models.client.current_client import use_clients
from distilabel.steps.base import Step

_T = TypeVar("_T")

_log = logging.getLogger("distilabel.pipeline")


class StepOutput(NamedTuple):
    """What a step made of a batch.

    Attributes:
        rows: The rows.
        origins: Positions of the input rows from which they were made.
        is_assumed: Whether origins that matter were unknown, and rows are paired by position.
    """

    rows: list[Any]
    origins: Origins
    is_assumed: bool = False


class StepCall:
    """Calls `process` of a step, with its mappings, and finds the origins of the rows it makes.

    Args:
        step: The step.
        is_row_by_row: Whether `process` is known to make rows in the order of its input rows.
        traces: Whether to find the origins also where no row is paired by them. An estimate needs
            them to tell what each source row costs.
    """

    def __init__(self, step: Step, *, is_row_by_row: bool = False, traces: bool = False) -> None:
        self._step = step
        self._traces = traces
        self._is_row_by_row = is_row_by_row
        self._tracer = KeyTracer()

    def run(self, rows: list[Any], *, joined: bool = False) -> StepOutput:
        """Runs `process` on a batch.

        Args:
            rows: Rows of the batch. Where there are several predecessors, tuples with one row from
                each, None where the row was routed to another one.
            joined: Whether its rows are joined with rows that did not pass through the step, so
                that their origins must be known.

        Raises:
            UnknownOriginError: The origin of a row is unknown and must be known.
        """
        if not rows or not isinstance(rows[0], tuple):
            return self._process([rows], joined)
        # `process` takes one list per predecessor that has rows: tuples that lack the same ones go
        # together.
        shapes: dict[tuple[bool, ...], list[int]] = {}
        for i, row in enumerate(rows):
            shapes.setdefault(tuple(part is not None for part in row), []).append(i)
        made: list[tuple[int | None, Any]] = []
        is_assumed = False
        for shape, positions in shapes.items():
            inputs = [
                [rows[i][port] for i in positions] for port, present in enumerate(shape) if present
            ]
            output = self._process(inputs, joined)
            if len(shapes) == 1:
                return output
            is_assumed = is_assumed or output.is_assumed
            made += [
                (None if origin is None else positions[origin], row)
                for origin, row in zip(output.origins, output.rows, strict=True)
            ]
        if all(origin is not None for origin, _ in made):
            made.sort(key=lambda item: item[0] or 0)
        return StepOutput([row for _, row in made], [origin for origin, _ in made], is_assumed)

    def _process(self, inputs: list[list[Any]], joined: bool) -> StepOutput:
        step, mappings = self._step, self._step._mappings
        named = [[mappings.to_step(row) for row in rows] for rows in inputs] if mappings else inputs
        hidden: list[Row] = []
        if mappings.inputs and len(inputs) == 1:
            hidden = [mappings.hidden_columns(row) for row in inputs[0]]
        is_exact = not self._is_row_by_row and (joined or self._traces or any(hidden))
        if is_exact:
            named = self._tracer.trace(named)
        # The step may change the lists; origins are found from the rows as they were.
        before = [list(rows) for rows in named]
        made = checked_rows(_collect(step, step.process(*named)), str(step.name))
        origins = self._origins(before, made, is_exact)
        made = distinct(made)
        if mappings:
            made = [mappings.to_pipeline(row, {}) for row in made]
        if isinstance(origins, range) and not hidden:
            return StepOutput(made, origins)
        needed = {name for columns in hidden for name in columns}
        unknown = [row for row, o in zip(made, origins, strict=True) if o is None]
        matters = bool(unknown) and (joined or any(needed.difference(row) for row in unknown))
        if unknown and fits_positions(origins, len(before[0])):
            origins = range(len(made))
        if matters and (not isinstance(origins, range) or self._tracer.has_earlier(unknown)):
            raise self._unknown_origin(len(unknown), len(before[0]), None if joined else needed)
        for row, origin in zip(made, origins, strict=True) if needed else ():
            for name, value in hidden[origin].items() if origin is not None else ():
                row.setdefault(name, value)
        return StepOutput(made, origins, matters)

    def _origins(self, before: list[list[Row]], made: list[Row], is_exact: bool) -> Origins:
        count = len(before[0])
        if not self._is_row_by_row:
            return find_origins(before, made, self._tracer if is_exact else None)
        if len(made) == count:
            return range(count)
        # Several rows from one, or one list per predecessor.
        return [i % count for i in range(len(made))]

    def _unknown_origin(
        self, unknown: int, count: int, hidden: set[str] | None
    ) -> UnknownOriginError:
        why = "its rows are joined with rows of other steps"
        if hidden is not None:
            names = ", ".join(map(repr, sorted(hidden)))
            why = f"its input_mappings hide {names}, which must be put back into the right rows"
        return UnknownOriginError(
            f"{self._step.name}: it cannot be told from which of its {count} input rows "
            f"{unknown} of the rows of `process` are made, but {why}. Yield changed input rows, or "
            'copies of them: {**row, "column": value}. Answers received so far are stored: fix the '
            "step and run again."
        )


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


class CallContext(Protocol):
    """What code of a step is called in."""

    @property
    def variables(self) -> Context:
        """Context variables of the caller of the run."""
        ...

    def work(self) -> Work:
        """Returns the work that pauses while a request waits for a batch job."""
        ...


def call_with_clients(
    context: CallContext, clients: Sequence[ModelClient], function: Callable[..., _T], *args: Any
) -> _T:
    """Calls synchronous code of a step so that its models send requests through these clients.

    Args:
        context: The run. The code sees the context variables of its caller.
        clients: Clients of the run, one per model.
        function: Runs the code.
        args: Arguments of the function.

    Returns:
        The result of the function.
    """

    def call() -> _T:
        if not clients:
            return function(*args)
        begin_work(context.work())
        by_model = {
            id(llm): client for client in clients for llm in (client.llm, client.stands_for)
        }
        with use_clients(by_model):
            return function(*args)

    # In a context of its own: the thread goes on to run code of other steps.
    return context.variables.copy().run(call)


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

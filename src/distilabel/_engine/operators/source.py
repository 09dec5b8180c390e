"""Pulls rows out of a generator step, in a thread, and numbers them."""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from typing import Any, Final

from distilabel._engine.calling.step_call import TimedCall, call_with_clients
from distilabel._engine.operators.backpressure import BackpressuredOperator
from distilabel._engine.operators.run_context import RunContext
from distilabel._engine.rows.rows import Row, RowChunk, checked_rows, own_copy
from distilabel.errors import DistilabelUserError, EndpointError
from distilabel.models.client.client import ModelClient
from distilabel.models.protocol import RunStopped
from distilabel.steps.base import GeneratorStep

# How long the thread pulls rows before it passes them on.
_PULL_SECONDS: Final = 0.005

_Batches = Iterator[tuple[list[Row], bool]]


class Source(BackpressuredOperator):
    """Runs a generator step.

    Args:
        step: The step.
        context: Context of the run.
        first_batch_only: Whether to stop after one batch, as in a dry run.
        picked: Ordinals of the rows to send, in ascending order, as in a pilot; None sends all.
        clients: Clients of the step's models, for its synchronous code.
    """

    def __init__(
        self,
        step: GeneratorStep,
        context: RunContext,
        *,
        first_batch_only: bool = False,
        picked: tuple[int, ...] | None = None,
        clients: Sequence[ModelClient] = (),
    ) -> None:
        super().__init__(str(step.name), context)
        self._step = step
        self._first_batch_only = first_batch_only
        self._picked = None if picked is None else frozenset(picked)
        self._last_picked = max(picked, default=0) if picked is not None else 0
        self._read = 0
        self._clients = clients
        self._timed = (
            TimedCall(step.process_timeout, f"`process` of {step.name}")
            if step.process_timeout is not None
            else None
        )

    def push(self, port: int, chunk: RowChunk) -> None:
        """Never called: a source has no predecessors."""
        raise AssertionError(self.name)

    def all_ports_ended(self) -> None:
        """Never called: a source has no predecessors."""

    async def feed(self) -> None:
        """Pulls, numbers and sends rows until there are no more."""
        batches: _Batches = self._step.process_applying_mappings(offset=0)
        run = self.context.in_thread if self._timed is None else self._timed.run
        last = False
        while not last and not self.context.stopping:
            await self.wait_for_room()
            try:
                with self.context.activity:
                    pulled, last = await run(self._pull_in_thread, batches, self.room)
                    for rows in pulled:
                        await self._send_within_room(rows)
            except RunStopped:
                return
            except EndpointError as error:
                error.step = error.step or self.name
                raise
            except TimeoutError as error:
                raise DistilabelUserError(
                    f"The step {self.name!r} made no rows in time: {error}. Answers received so "
                    "far are stored: fix the step and run again."
                ) from None
        if self.context.stopping:
            return
        if not self.sent_ordinals and self._read:
            raise DistilabelUserError(
                f"{self.name} has only {self._read:,} rows, far fewer than declared."
            )
        if not self.sent_ordinals:
            raise DistilabelUserError(
                f"{self.name} made no rows. Check whether its dataset is empty, or filtered to "
                "nothing."
            )
        self.finish()

    async def _send_within_room(self, rows: list[Row]) -> None:
        """Sends rows; with a target, no more at a time than there is room for."""
        # A batch that is routed stays whole: another cut would make a rerun route it differently.
        if self.context.config.target is None or self.router is not None:
            self._send_numbered(rows)
            return
        while rows:
            if self.room <= 0:
                with self.context.activity.paused:
                    await self.wait_for_room()
                if self.context.stopping:
                    return
            count = self.room if self.room > 0 else len(rows)
            self._send_numbered(rows[:count])
            rows = rows[count:]

    def _send_numbered(self, rows: list[Row]) -> None:
        start = self.sent_ordinals
        self.sent_ordinals += len(rows)
        self.report_received(len(rows))
        closed = range(start, self.sent_ordinals)
        chunk = RowChunk([(i,) for i in closed], rows, closed)
        self.send_processed(chunk, len(rows), len(rows), 0, 0)

    # -- in a thread ------------------------------------------------------------------------

    def _pull_in_thread(self, batches: _Batches, room: int) -> tuple[list[list[Row]], bool]:
        return call_with_clients(self._clients, self.context.work, self._pull, batches, room)

    def _pull(self, batches: _Batches, room: int) -> tuple[list[list[Row]], bool]:
        pulled: list[list[Row]] = []
        until = time.monotonic() + _PULL_SECONDS
        while room > 0 or not pulled:
            batch = self._next(batches)
            if batch is None:
                return pulled, True
            rows, last = batch
            if self._picked is not None:
                rows = self._only_picked(rows)
                last = last or self._read > self._last_picked
            pulled.append(rows)
            room -= len(rows)
            if last or self._first_batch_only:
                return pulled, True
            if time.monotonic() > until:
                break
        return pulled, False

    def _only_picked(self, rows: list[Row]) -> list[Row]:
        assert self._picked is not None
        start = self._read
        self._read += len(rows)
        return [row for i, row in enumerate(rows, start) if i in self._picked]

    def _next(self, batches: _Batches) -> tuple[list[Row], bool] | None:
        try:
            item: Any = next(batches, None)
            if item is None:
                return None
            rows, last = item
            # Later steps change rows in place; the rows that the generator keeps must not change.
            fresh = type(self._step)._yields_new_rows
            rows = checked_rows(list(rows), self.name)
            return (rows if fresh else [own_copy(row) for row in rows]), bool(last)
        except (DistilabelUserError, EndpointError, RunStopped):
            raise
        except Exception as error:
            raise RuntimeError(
                f"The step {self.name!r} failed while making rows: {type(error).__name__}: {error}."
                " Its `process` must yield pairs of a list of rows and whether it is the last. "
                "Answers received so far are stored: fix the step and run again."
            ) from error

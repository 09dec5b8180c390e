"""A source at work: pulls rows out of a generator step, in a thread, and numbers them."""

from __future__ import annotations

import time
from collections.abc import Iterator
from typing import Any, Final

from distilabel._engine.calling.timed import TimedCall
from distilabel._engine.operators.backpressure import BackpressuredOperator
from distilabel._engine.operators.run_context import RunContext
from distilabel._engine.rows.rows import Row, RowChunk, all_rows, own_copy
from distilabel.errors import DistilabelUserError, EndpointError
from distilabel.models.batch_jobs.work import begin_work
from distilabel.models.client.client import ModelClient, use_clients
from distilabel.models.protocol import RunStopped
from distilabel.steps.base import GeneratorStep

# Pulling goes on in the thread for so long before rows are handed over.
_PULL_SECONDS: Final = 0.005

_Batches = Iterator[tuple[list[Row], bool]]


class Source(BackpressuredOperator):
    """A generator step.

    Args:
        step: the step.
        shared: what the nodes of the run share.
        first_batch_only: whether to stop after one batch, as in a dry run.
        picked: ordinals of the rows to give, in order, as in a pilot; None is all of them.
        door: put up for the step's own synchronous questions.
    """

    def __init__(
        self,
        step: GeneratorStep,
        context: RunContext,
        *,
        first_batch_only: bool = False,
        picked: tuple[int, ...] | None = None,
        client: ModelClient | None = None,
    ) -> None:
        super().__init__(str(step.name), context)
        self._step = step
        self._first_batch_only = first_batch_only
        self._picked = None if picked is None else frozenset(picked)
        self._last_picked = max(picked, default=0) if picked is not None else 0
        self._read = 0
        self._client = client
        self._timed = (
            TimedCall(step.process_timeout, f"`process` of {step.name}")
            if step.process_timeout is not None
            else None
        )

    def push(self, port: int, chunk: RowChunk) -> None:
        """Nobody precedes a source."""
        raise AssertionError(self.name)

    def ended(self) -> None:
        """Nobody precedes a source."""

    async def feed(self) -> None:
        """Pulls and numbers rows until there are no more."""
        batches: _Batches = self._step.process_applying_mappings(offset=0)
        last = False
        while not last and not self.context.stopping:
            await self.wait_for_room()
            self.context.begin()
            try:
                run = self.context.in_thread if self._timed is None else self._timed.run
                pulled, last = await run(self._pull, batches, self.room)
                for rows in pulled:
                    await self._let_in(rows)
            except RunStopped:
                return
            except EndpointError as error:
                error.step = error.step or self.name
                raise
            except TimeoutError as error:
                raise DistilabelUserError(
                    f"The step {self.name!r} made no rows in time: {error}. Answers that came so "
                    "far are kept: correct it and run again."
                ) from None
            finally:
                self.context.end()
        if self.context.stopping:
            return
        if not self.given_ordinals and self._read:
            raise DistilabelUserError(
                f"{self.name} has only {self._read:,} rows, far fewer than was said."
            )
        if not self.given_ordinals:
            raise DistilabelUserError(
                f"{self.name} gave no rows: is its dataset empty, or filtered to nothing?"
            )
        self.finish()

    async def _let_in(self, rows: list[Row]) -> None:
        """Lets rows in; where each of them counts, no more than there is room for."""
        # Those that are routed go together: another cut would have a rerun route them otherwise.
        if self.context.config.target is None or self.router is not None:
            self._number(rows)
            return
        while rows:
            if self.room <= 0:
                # Whoever only waits does not work.
                self.context.end()
                try:
                    await self.wait_for_room()
                finally:
                    self.context.begin()
                if self.context.stopping:
                    return
            count = self.room if self.room > 0 else len(rows)
            self._number(rows[:count])
            rows = rows[count:]

    def _number(self, rows: list[Row]) -> None:
        start = self.given_ordinals
        self.given_ordinals += len(rows)
        self.took(len(rows))
        self.done(len(rows), len(rows), 0, 0)
        closed = range(start, self.given_ordinals)
        self.give(RowChunk([(i,) for i in closed], rows, closed))

    def _pull(self, batches: _Batches, room: int) -> tuple[list[list[Row]], bool]:
        if self._client is not None:
            use_clients({id(self._client.llm): self._client})
            begin_work(self.context.work())
        pulled: list[list[Row]] = []
        until = time.monotonic() + _PULL_SECONDS
        while room > 0 or not pulled:
            item: Any = self._next(batches)
            if item is None:
                return pulled, True
            rows, last = item
            if self._picked is not None:
                rows = self._those_picked(rows)
                last = last or self._read > self._last_picked
            pulled.append(rows)
            room -= len(rows)
            if last or self._first_batch_only:
                return pulled, True
            if time.monotonic() > until:
                break
        return pulled, False

    def _those_picked(self, rows: list[Row]) -> list[Row]:
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
            # Steps change rows in place; what the generator holds on to stays as it is.
            fresh = type(self._step)._yields_new_rows
            rows = all_rows(list(rows), self.name)
            return (rows if fresh else [own_copy(row) for row in rows]), bool(last)
        except (EndpointError, RunStopped):
            raise
        except Exception as error:
            raise RuntimeError(
                f"The step {self.name!r} failed while making rows: {type(error).__name__}: {error}."
                " Its `process` yields pairs of a list of rows and whether it is the last. Answers "
                "that came so far are kept: correct it and run again."
            ) from error

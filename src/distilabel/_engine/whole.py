"""A global step at work: waits for all rows, then lets go of what it made of them bit by bit."""

from __future__ import annotations

import logging
from typing import Any

from distilabel._engine.failing import Failing, Sifted, failed_outcome
from distilabel._engine.feed import Feed
from distilabel._engine.memo import Memo, Outcome
from distilabel._engine.rows import Chunk, Key, keys_at, own_copies
from distilabel._engine.running import run_step
from distilabel._engine.shared import Shared
from distilabel._engine.sorter import Sorter
from distilabel._engine.spool import Spool
from distilabel._engine.timed import Timed
from distilabel._engine.workers.pool import Pool
from distilabel.errors import EndpointError
from distilabel.models.batch_jobs.work import begin_work
from distilabel.models.client.client import ModelClient, use_clients
from distilabel.models.protocol import RunStopped
from distilabel.steps.base import Step
from distilabel.steps.tasks.base import Task

_log = logging.getLogger("distilabel.pipeline")


class Whole(Feed):
    """A step that needs all rows at once.

    Args:
        step: the step.
        shared: what the nodes of the run share.
        memo: remembers what the step made of the rows; None remembers nothing.
        door: put up for the step's own synchronous questions.
        reorders: whether the order in which the step gives rows is kept; it is not where they are
            joined with rows that did not come this way.
        spool: where rows wait; None is in memory.
        pool: its worker; None runs it in this process.
    """

    def __init__(
        self,
        step: Step,
        shared: Shared,
        *,
        memo: Memo | None = None,
        client: ModelClient | None = None,
        reorders: bool = True,
        spool: Spool | None = None,
        pool: Pool | None = None,
    ) -> None:
        super().__init__(str(step.name), shared)
        self._step = step
        self._memo = memo
        self._client = client
        self._reorders = reorders
        self._failing = Failing(step, shared)
        self._sorter = Sorter()
        self._spool = spool
        self._pool = pool

    def push(self, port: int, chunk: Chunk) -> None:
        """Keeps the rows."""
        self.took(len(chunk.rows))
        self.closed += len(chunk.closed)
        if self._spool is not None:
            chunk = chunk._replace(rows=self._spool.put(chunk.rows))
        self._sorter.push(chunk)
        self.shared.wake()

    def ended(self) -> None:
        """All rows are here."""
        self._sorter.end()
        self.begin()

    async def feed(self) -> None:
        """Works on all rows and lets go of the outcome."""
        batch = self._sorter.take(self._sorter.ready)
        outcome = Outcome([], [], None)
        if batch.rows:
            self.shared.begin()
            try:
                if self._spool is not None:
                    batch = batch._replace(rows=await self._spool.take(batch.rows))
                outcome = await self._processed(batch.rows)
            except RunStopped:
                return
            except EndpointError as error:
                error.step = error.step or self.name
                raise
            finally:
                self.shared.end()
                if self._spool is not None:
                    await self._spool.close()
        keys = keys_at(batch.keys, outcome.places)
        going = Sifted(keys, outcome.rows, 0, 0)
        # Only tasks note in single rows that they failed on them.
        if outcome.error is not None or isinstance(self._step, Task):
            going = self._failing.sift(keys, outcome.rows, outcome.error)
        if batch.rows:
            dropped = len(batch.rows) - len({place.origin for place in outcome.places})
            made = len(outcome.rows)
            self.done(len(batch.rows), made, dropped, going.failed, ended=going.ended)
        keys = going.keys
        if self._reorders:
            keys.sort()
        order = sorted(zip(keys, going.rows, strict=True), key=_key)
        await self.let_go(order, batch.closed.stop)
        if not self.shared.stopping:
            self.finish()

    async def _processed(self, rows: list[Any]) -> Outcome:
        """What the step makes of all rows.

        Raises:
            RuntimeError: it failed, and has not said that it may.
        """
        seconds = self._step.process_timeout
        try:
            if seconds is None:
                return await self.shared.in_thread(self._process, rows)
            # What is left behind may still change its rows: they are not to be those that go on.
            timed = Timed(seconds, f"`process` of {self.name}")
            try:
                return await timed.run(self._process, own_copies(rows))
            finally:
                timed.close()
        except EndpointError:
            raise
        except Exception as error:
            # Of all rows at once: what the pipeline says of single ones is not meant for that.
            if self._step.on_error in ("null", "drop"):
                _log.warning(
                    "%s failed on all %d rows: %s: %s",
                    self.name,
                    len(rows),
                    type(error).__name__,
                    error,
                    exc_info=error,
                )
                return failed_outcome(self._step, rows, error)
            raise RuntimeError(
                f"The step {self.name!r} failed on its {len(rows)} rows: "
                f"{type(error).__name__}: {error}. Answers that came so far are kept: correct "
                "it and run again."
            ) from error

    def _process(self, rows: list[Any]) -> Outcome:
        if self._client is not None:
            use_clients({id(self._client.llm): self._client})
            begin_work(self.shared.work())
        if self._memo is None:
            return self._made(rows)
        return self._memo.outcome(rows, lambda: self._made(rows))

    def _made(self, rows: list[Any]) -> Outcome:
        if self._pool is not None:
            made, matched, remembers = self._pool.run(rows)
            return Outcome(made, matched, None, remembers)
        made, matched = run_step(self._step, rows)
        return Outcome(made, matched, None)


def _key(item: tuple[Key, Any]) -> Key:
    return item[0]

"""A global step at work: waits for all rows, then lets go of what it made of them bit by bit."""

from __future__ import annotations

from typing import Any

from distilabel._engine.feed import Feed
from distilabel._engine.memo import Memo, Outcome
from distilabel._engine.rows import Chunk, Key, keys_at
from distilabel._engine.running import run_step
from distilabel._engine.shared import Shared
from distilabel._engine.sorter import Sorter
from distilabel.errors import EndpointError
from distilabel.models.door import Door, StopAsking, use_doors
from distilabel.models.offline.work import begin_work
from distilabel.steps.base import Step


class Whole(Feed):
    """A step that needs all rows at once.

    Args:
        step: the step.
        shared: what the nodes of the run share.
        memo: remembers what the step made of the rows; None remembers nothing.
        door: put up for the step's own synchronous questions.
        reorders: whether the order in which the step gives rows is kept; it is not where they are
            joined with rows that did not come this way.
    """

    def __init__(
        self,
        step: Step,
        shared: Shared,
        *,
        memo: Memo | None = None,
        door: Door | None = None,
        reorders: bool = True,
    ) -> None:
        super().__init__(str(step.name), shared)
        self._step = step
        self._memo = memo
        self._door = door
        self._reorders = reorders
        self._sorter = Sorter()

    def push(self, port: int, chunk: Chunk) -> None:
        """Keeps the rows."""
        self.took(len(chunk.rows))
        self.closed += len(chunk.closed)
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
                outcome = await self.shared.in_thread(self._process, batch.rows)
            except StopAsking:
                return
            except EndpointError as error:
                error.step = error.step or self.name
                raise
            except Exception as error:
                raise RuntimeError(
                    f"The step {self.name!r} failed on its {len(batch.rows)} rows: "
                    f"{type(error).__name__}: {error}. Answers that came so far are kept: correct "
                    "it and run again."
                ) from error
            finally:
                self.shared.end()
            dropped = len(batch.rows) - len({place.origin for place in outcome.places})
            self.done(len(batch.rows), len(outcome.rows), dropped, 0)
        keys = keys_at(batch.keys, outcome.places)
        if self._reorders:
            keys.sort()
        order = sorted(zip(keys, outcome.rows, strict=True), key=_key)
        await self.let_go(order, batch.closed.stop)
        if not self.shared.stopping:
            self.finish()

    def _process(self, rows: list[Any]) -> Outcome:
        if self._door is not None:
            use_doors({id(self._door.llm): self._door})
            begin_work(self.shared.work())
        if self._memo is None:
            return self._made(rows)
        return self._memo.outcome(rows, lambda: self._made(rows))

    def _made(self, rows: list[Any]) -> Outcome:
        made, matched = run_step(self._step, rows)
        return Outcome(made, matched, None)


def _key(item: tuple[Key, Any]) -> Key:
    return item[0]

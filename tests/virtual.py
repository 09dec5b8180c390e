"""An event loop with a virtual clock, and an endpoint in it: a minute takes some milliseconds.

A limiter depends on time and counts only, so its behavior can be counted exactly.
"""

from __future__ import annotations

import asyncio
import random
import selectors
from collections.abc import Callable, Coroutine
from dataclasses import dataclass, field
from typing import Any, TypeVar

from distilabel._core.token_bucket import TokenBucket
from distilabel.models.rate_limit.limiter import EndpointLimiter, Lease, Outcome

_T = TypeVar("_T")


class _Selector(selectors.DefaultSelector):
    """Where a loop would sleep, its clock jumps ahead."""

    loop: VirtualLoop

    def select(self, timeout: float | None = None) -> list[Any]:
        if timeout is None:
            raise RuntimeError("all tasks wait, and none of them for time to pass")
        self.loop.now += timeout
        return super().select(0)


class VirtualLoop(asyncio.SelectorEventLoop):
    """An event loop whose clock jumps to the next thing to do."""

    def __init__(self) -> None:
        self.now = 1000.0
        selector = _Selector()
        selector.loop = self
        super().__init__(selector)

    def time(self) -> float:
        """The virtual time."""
        return self.now


def in_no_time(work: Coroutine[Any, Any, _T]) -> _T:
    """Runs a coroutine in virtual time."""
    with asyncio.Runner(loop_factory=VirtualLoop) as runner:
        return runner.run(work)


@dataclass
class Endpoint:
    """A simulated endpoint without a network.

    Attributes:
        latency: draws the seconds of an answer.
        capacity: questions it works on at a time; the others queue. None for any number.
        stray: share of the requests that are rejected at any rate.
        retry_after: seconds that rejections ask to wait; None for what the limit says.
        down: whether it rejects everything.
        way: average seconds that a request travels.
        answers: when each request was answered.
        rejections: when each request was rejected.
    """

    latency: Callable[[], float] = lambda: 0.2
    capacity: int | None = None
    stray: float = 0.0
    retry_after: float | None = None
    down: bool = False
    way: float = 0.003
    answers: list[float] = field(default_factory=list)
    rejections: list[float] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.rng = random.Random(0)
        self._bucket: TokenBucket | None = None
        self._working = 0
        self._queue: list[asyncio.Future[None]] = []

    def limit(self, rate: float | None) -> None:
        """Sets the requests a second, with a second's worth in hand, as the simulated server."""
        self._bucket = None if rate is None else TokenBucket(rate)

    async def ask(self) -> tuple[Outcome, float | None]:
        """One question."""
        now = asyncio.get_running_loop().time
        # The way there.
        await asyncio.sleep(self.rng.uniform(0.5, 1.5) * self.way)
        wait = self._bucket.wait(now()) if self._bucket is not None and not self.down else 0.0
        if self._bucket is not None and not self.down and not wait:
            self._bucket.take(now())
        if self.down or wait or self.rng.random() < self.stray:
            self.rejections.append(now())
            return Outcome.REJECTED, self.retry_after or wait or None
        if self.capacity is not None and self._working >= self.capacity:
            turn: asyncio.Future[None] = asyncio.get_running_loop().create_future()
            self._queue.append(turn)
            await turn
        self._working += 1
        await asyncio.sleep(self.latency())
        self._working -= 1
        while self._queue and (self.capacity is None or self._working < self.capacity):
            self._queue.pop(0).set_result(None)
            break
        self.answers.append(now())
        return Outcome.ANSWERED, None

    def answered(self, start: float, end: float) -> int:
        """How many answers there were in a time."""
        return sum(start <= at < end for at in self.answers)


def finish(lease: Lease, outcome: Outcome, **recorded: Any) -> None:
    """Ends a request: records its outcome and what else is known in the lease, and returns it."""
    for name, value in {"outcome": outcome, **recorded}.items():
        setattr(lease, name, value)
    lease.limiter.release(lease)


async def ask_all(limiter: EndpointLimiter, endpoint: Endpoint, count: int) -> None:
    """Sends requests, each until it is answered, as the client does."""
    rng = random.Random(1)

    async def ask(number: int) -> None:
        attempts = 0
        while True:
            lease = await limiter.acquire(number, retry=attempts > 0)
            how, wait = await endpoint.ask()
            finish(lease, how, retry_after=wait)
            if how is Outcome.ANSWERED:
                return
            pause = rng.uniform(0.5, 1.0) * min(1.0, 0.2 * 2**attempts)
            attempts += 1
            await asyncio.sleep(max(pause, wait * rng.uniform(1.0, 1.1) if wait else 0.0))

    # A window of rows, as the engine keeps.
    window = asyncio.Semaphore(1000)

    async def row(number: int) -> None:
        try:
            await ask(number)
        finally:
            window.release()

    async with asyncio.TaskGroup() as tasks:
        for number in range(count):
            await window.acquire()
            tasks.create_task(row(number))

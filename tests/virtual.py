"""Virtual time, and an endpoint in it: a minute of rate limiting takes a few milliseconds.

The limiter depends only on time and counts, so its effect on an endpoint can be counted exactly.
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
    """Advances the clock of the loop instead of sleeping."""

    loop: VirtualLoop

    def select(self, timeout: float | None = None) -> list[Any]:
        if timeout is None:
            raise RuntimeError("every task waits, and no timer is scheduled")
        self.loop.now += timeout
        return super().select(0)


class VirtualLoop(asyncio.SelectorEventLoop):
    """An event loop whose clock jumps to the next scheduled call."""

    def __init__(self) -> None:
        self.now = 1000.0
        selector = _Selector()
        selector.loop = self
        super().__init__(selector)

    def time(self) -> float:
        """Returns the virtual time in seconds."""
        return self.now


def in_no_time(work: Coroutine[Any, Any, _T]) -> _T:
    """Runs a coroutine in virtual time."""
    with asyncio.Runner(loop_factory=VirtualLoop) as runner:
        return runner.run(work)


@dataclass
class Endpoint:
    """A simulated endpoint without a network.

    Attributes:
        latency: Draws the seconds until an answer.
        capacity: Requests processed at a time; the others queue. None is unlimited.
        stray: Share of requests that are rejected regardless of load.
        retry_after: Seconds that rejections ask to wait; None uses what the limit says.
        down: Whether every request is rejected.
        way: Average seconds until a request arrives.
        answers: Times at which requests were answered.
        rejections: Times at which requests were rejected.
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
        """Sets the requests per second, with a burst of one second like the simulated server."""
        self._bucket = None if rate is None else TokenBucket(rate)

    async def ask(self) -> tuple[Outcome, float | None]:
        """Sends one request; returns its outcome and the seconds to wait, if any."""
        now = asyncio.get_running_loop().time
        # The time until the request arrives.
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
        """Returns the number of answers in a time span."""
        return sum(start <= at < end for at in self.answers)


def finish(lease: Lease, outcome: Outcome, **recorded: Any) -> None:
    """Ends a request: records its outcome and what else is known in the lease, and returns it."""
    for name, value in {"outcome": outcome, **recorded}.items():
        setattr(lease, name, value)
    lease.limiter.release(lease)


async def ask_all(limiter: EndpointLimiter, endpoint: Endpoint, count: int) -> None:
    """Sends a number of requests, each until it is answered, as the model client does."""
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

    # The engine keeps as many rows in flight.
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

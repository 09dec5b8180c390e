"""The gate: how many questions may be with one endpoint at a time, and when.

It starts small, doubles while that helps, and gives way when the endpoint refuses. One gate per
endpoint (address, model and key), shared by all steps that use it. Knows nothing of questions or
answers, only of how asking went.
"""

from __future__ import annotations

import asyncio
from collections import deque
from dataclasses import dataclass
from enum import Enum, auto
from typing import Final

from distilabel._core.events import Emit, GateMoved, GatePaused, GateResumed
from distilabel.models.pace import Pace

START: Final = 32
MOST: Final = 1024
# What a cut leaves of the limit.
CUT: Final = 0.7
# Refusals up to this share have nothing to do with load (a faulty proxy, say): no reason to slow.
STRAY: Final = 0.1
# So many failures in a row, without one answer, and the endpoint is left alone for a while.
BREAK_AFTER: Final = 10
LONGEST_PAUSE: Final = 30.0


class How(Enum):
    """How asking a question went."""

    ANSWERED = auto()
    REFUSED = auto()  # too fast: 429, 503, a timeout
    BROKEN = auto()  # no answer for another reason: a lost connection, a 500
    OTHER = auto()  # says nothing about the endpoint: a question it would not take, a cancellation


@dataclass(slots=True)
class Ticket:
    """Leave to ask one question."""

    number: int
    since: float


class Gate:
    """Lets questions through to one endpoint.

    Args:
        endpoint: its name, for people.
        most: the user's limit of questions in flight; None has it found out.
        requests_per_minute: the user's limit of questions a minute.
        tokens_per_minute: the user's limit of tokens a minute.
        emit: told of every change.
    """

    def __init__(
        self,
        endpoint: str,
        *,
        most: int | None = None,
        requests_per_minute: int | None = None,
        tokens_per_minute: int | None = None,
        emit: Emit | None = None,
    ) -> None:
        self.endpoint = endpoint
        self.most = most or MOST
        self.limit = float(most or START)
        self.in_flight = 0
        self.preflight = asyncio.Lock()
        self.open = False
        self._emit = emit or (lambda event: None)
        self._growing = most is None
        self._pace = Pace(requests_per_minute, tokens_per_minute)
        self._waiting: deque[asyncio.Future[None]] = deque()
        self._timer: asyncio.TimerHandle | None = None
        self._numbers = 0
        self._paused_until = 0.0
        # The last cut: tickets up to this number were given out before it and do not cut again.
        self._cut_at = 0
        self._failures = 0
        self._pause = 0.0
        self._probing = False
        self._round = _Round()
        self._best_rate = 0.0
        self._flat_rounds = 0

    # -- asking for leave -------------------------------------------------------------------

    async def enter(self) -> Ticket:
        """Waits for leave to ask one question; `leave` must follow."""
        loop = asyncio.get_running_loop()
        if self._waiting or not self._admits(loop.time()):
            turn: asyncio.Future[None] = loop.create_future()
            self._waiting.append(turn)
            self._schedule(loop)
            try:
                await turn
            except asyncio.CancelledError:
                if turn.done() and not turn.cancelled():
                    # Admitted and cancelled at once: the place goes to the next one.
                    self.in_flight -= 1
                    self._let_in()
                raise
        else:
            self._admit(loop.time())
        self._numbers += 1
        return Ticket(self._numbers, loop.time())

    def leave(
        self, ticket: Ticket, how: How, *, wait: float | None = None, tokens: int = 0
    ) -> None:
        """Gives the leave back.

        Args:
            ticket: what `enter` gave.
            how: how asking went.
            wait: seconds the endpoint asked to be left alone, if it did.
            tokens: tokens that question and answer took.
        """
        now = asyncio.get_running_loop().time()
        self.in_flight -= 1
        self._pace.spend(tokens, now)
        if how is How.ANSWERED:
            self._answered(now)
        elif how is not How.OTHER:
            self._failed(ticket, how, wait, now)
        self._let_in()

    def turn_away(self, error: BaseException) -> None:
        """Tells everyone who waits that they will not be let in."""
        while self._waiting:
            turn = self._waiting.popleft()
            if not turn.done():
                turn.set_exception(error)

    @property
    def waiting(self) -> int:
        """Questions that wait for leave."""
        return len(self._waiting)

    # -- who may pass -----------------------------------------------------------------------

    def _admits(self, now: float) -> bool:
        return (
            self.in_flight < int(self.limit)
            and now >= self._paused_until
            and not (self._probing and self.in_flight)
            and self._pace.wait(now) <= 0
        )

    def _admit(self, now: float) -> None:
        self.in_flight += 1
        self._pace.take(now)

    def _let_in(self) -> None:
        loop = asyncio.get_running_loop()
        while self._waiting and self._admits(loop.time()):
            turn = self._waiting.popleft()
            if not turn.done():
                self._admit(loop.time())
                turn.set_result(None)
        self._schedule(loop)

    def _schedule(self, loop: asyncio.AbstractEventLoop) -> None:
        """Sees to it that somebody looks again when only time stands in the way."""
        if not self._waiting or self._timer is not None or self.in_flight >= int(self.limit):
            return
        now = loop.time()
        seconds = max(self._paused_until - now, self._pace.wait(now))
        if seconds > 0:
            self._timer = loop.call_later(seconds, self._look_again)

    def _look_again(self) -> None:
        self._timer = None
        self._let_in()

    # -- learning ---------------------------------------------------------------------------

    def _answered(self, now: float) -> None:
        if self._failures >= BREAK_AFTER or self._probing:
            self._emit(GateResumed(self.endpoint))
        self._failures = 0
        self._pause = 0.0
        self._probing = False
        self._round.answered += 1
        self._pace.answered(now)
        if self._round.size >= max(16, int(self.limit)):
            self._end_round(now)

    def _failed(self, ticket: Ticket, how: How, wait: float | None, now: float) -> None:
        self._failures += 1
        if how is How.REFUSED:
            self._round.refused += 1
            if ticket.number > self._cut_at and self._round.is_congested:
                self._cut(wait, now)
        if self._failures >= BREAK_AFTER and now >= self._paused_until:
            self._pause = min(LONGEST_PAUSE, max(2 * self._pause, 1.0, wait or 0.0))
            self._paused_until = now + self._pause
            self._probing = True
            self._emit(
                GatePaused(
                    self.endpoint,
                    self._pause,
                    f"{self._failures} questions in a row got no answer",
                )
            )

    def _cut(self, wait: float | None, now: float) -> None:
        self.limit = max(1.0, min(self.limit, max(self.in_flight + 1, 1)) * CUT)
        self._cut_at = self._numbers
        self._growing = False
        self._pace.slow_down(now)
        self._round = _Round(since=now)
        if wait:
            self._paused_until = max(self._paused_until, now + wait)
            self._emit(GatePaused(self.endpoint, wait, "the endpoint asked to wait"))
        self._emit(GateMoved(self.endpoint, int(self.limit), "the endpoint refuses questions"))

    def _end_round(self, now: float) -> None:
        finished, self._round = self._round, _Round(since=now)
        if finished.since == 0.0 or not self._waiting:
            # The first round has no beginning, and without a queue the limit was not the limit.
            return
        rate = finished.answered / max(now - finished.since, 1e-6)
        before = int(self.limit)
        if self._growing:
            if rate > 1.1 * self._best_rate:
                self._best_rate = rate
                self._flat_rounds = 0
                self.limit = min(self.limit * 2, self.most)
            else:
                self._flat_rounds += 1
                # Answers take longer and come no faster: the endpoint queues. Back to before.
                if self._flat_rounds >= 3:
                    self._growing = False
                    self.limit = max(START, self.limit / 2)
        elif finished.refused == 0:
            self.limit = min(self.limit + max(1.0, self.limit * 0.05), self.most)
        if int(self.limit) != before:
            self._emit(GateMoved(self.endpoint, int(self.limit)))


@dataclass(slots=True)
class _Round:
    """How asking went since the limit was last looked at."""

    since: float = 0.0
    answered: int = 0
    refused: int = 0

    @property
    def size(self) -> int:
        return self.answered + self.refused

    @property
    def is_congested(self) -> bool:
        return self.refused >= 2 and self.refused > STRAY * self.size

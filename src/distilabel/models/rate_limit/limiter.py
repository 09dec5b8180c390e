"""The gate: how many questions may be with one endpoint at a time, and when.

It starts slowly, asks faster while that helps, and gives way when the endpoint refuses. One gate
per endpoint (address, model and key), shared by all steps that use it. Knows nothing of questions
or answers, only of how asking went: it asks `load` about refusals, `climb` about places, `outage`
about failures, `pace` about the user's limits and `allowance` about the endpoint's.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections import deque
from collections.abc import Hashable, Mapping
from dataclasses import dataclass
from enum import Enum, auto
from typing import Final

from distilabel._core.events import Emit, EndpointPaused, EndpointResumed, LimitChanged
from distilabel.errors import EndpointError
from distilabel.models.rate_limit.circuit_breaker import CircuitBreaker
from distilabel.models.rate_limit.concurrency import MOST, START, ConcurrencyLimit
from distilabel.models.rate_limit.rate_controller import RateController
from distilabel.models.rate_limit.server_quota import ServerQuota
from distilabel.models.rate_limit.user_limits import UserLimits
from distilabel.models.wire.rate_limit_headers import parse_rate_limits

# A wait of fewer seconds is no news.
NEWS: Final = 1.0
# An endpoint that has told no limits in so many replies is listened to every now and then.
LISTENED: Final = 64
LISTEN_TO: Final = 8


class Outcome(Enum):
    """How asking a question went."""

    ANSWERED = auto()
    REFUSED = auto()  # too fast, or nobody there: 429, 503, a timeout
    BROKEN = auto()  # no answer for another reason: a lost connection, a 500
    OTHER = auto()  # says nothing about the endpoint: a question it would not take, a cancellation


@dataclass(slots=True)
class Lease:
    """Leave to ask one question.

    Attributes:
        number: of all tickets of the gate, in order.
        question: what tells questions apart.
        tokens: those that were set aside.
        at: when it was given.
    """

    number: int
    question: Hashable
    tokens: float
    at: float


@dataclass(slots=True)
class _Waiter:
    """A question that waits; its turn gives it a ticket."""

    question: Hashable
    turn: asyncio.Future[Lease]


class EndpointLimiter:
    """Lets questions through to one endpoint.

    Args:
        endpoint: its name, for people.
        most: the user's limit of questions in flight; None has it found out.
        requests_per_minute: the user's limit of questions a minute.
        tokens_per_minute: the user's limit of tokens a minute.
        emit: told of every change.

    Attributes:
        limit: most questions in flight now.
        in_flight: questions in flight now.
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
        self.limit = most or START
        self.in_flight = 0
        self.preflight = asyncio.Lock()
        self.open = False
        self._emit = emit or (lambda event: None)
        self._pace = UserLimits(requests_per_minute, tokens_per_minute)
        self._load = RateController(
            lambda: self._moved("the endpoint refuses questions"), quick=most is not None
        )
        self._tempo = self._load.tempo
        # What the endpoint says it allows, once it does.
        self._allows: dict[str, ServerQuota] = {}
        self._heard = 0
        self._outage = CircuitBreaker(self.limit)
        self._waiting: deque[_Waiter] = deque()
        self._timer: asyncio.TimerHandle | None = None
        self._numbers = 0
        # Nobody passes before: the endpoint asked to be left alone.
        self._quiet_until = 0.0
        # A limit of the user's is not for the gate to move.
        self._climb = ConcurrencyLimit(MOST) if most is None else None

    # -- asking for leave -------------------------------------------------------------------

    async def enter(self, question: Hashable = None, *, again: bool = False) -> Lease:
        """Waits for leave to ask one question; `leave` must follow.

        Args:
            question: what tells questions apart.
            again: whether it was asked before; it goes first, as its row waits for it alone.

        Raises:
            EndpointError: the endpoint has been out of order for too long.
        """
        loop = asyncio.get_running_loop()
        if not self._waiting and self._admits(loop.time()):
            return self._admit(question, loop.time())
        waiter = _Waiter(question, loop.create_future())
        (self._waiting.appendleft if again else self._waiting.append)(waiter)
        self._let_in()
        try:
            return await waiter.turn
        except asyncio.CancelledError:
            if waiter.turn.cancelled():
                # Somebody who left meanwhile may have passed over it already.
                with contextlib.suppress(ValueError):
                    self._waiting.remove(waiter)
            elif waiter.turn.exception() is None:
                # Admitted and cancelled at once: the place goes to the next one.
                self.leave(waiter.turn.result(), Outcome.OTHER)
            raise

    def leave(
        self,
        ticket: Lease,
        how: Outcome,
        *,
        wait: float | None = None,
        tokens: int = 0,
        why: str = "",
    ) -> None:
        """Gives the leave back.

        Args:
            ticket: what `enter` gave.
            how: how asking went.
            wait: seconds the endpoint asked to be left alone, if it did.
            tokens: tokens that question and answer took.
            why: what failed, in words.
        """
        now = asyncio.get_running_loop().time()
        self.in_flight -= 1
        self._pace.spend(tokens, ticket.tokens, now)
        if how is Outcome.ANSWERED:
            if self._outage.answered():
                self._emit(EndpointResumed(self.endpoint))
                self._load.forget_outage(self._numbers, now)
            if self._climb is not None:
                self._climbed(now)
        elif how is Outcome.OTHER:
            self._outage.said_nothing(ticket.number)
        else:
            self._failed(ticket, how, wait, why, now)
        if how in (Outcome.ANSWERED, Outcome.REFUSED) and not self._outage.is_on:
            self._judge(ticket, how is Outcome.REFUSED, wait, now)
        self._let_in()

    def heard(self, ticket: Lease, headers: Mapping[str, str] | None) -> None:
        """The endpoint may have told its limits with a reply; before `leave`.

        Args:
            ticket: what `enter` gave.
            headers: of the reply, if there was one.
        """
        # The newest question knows best, as it was asked after the others.
        if headers is None or ticket.number < self._heard:
            return
        number = ticket.number
        if not self._allows and number > LISTENED and number % LISTEN_TO:
            return
        now = asyncio.get_running_loop().time()
        since = self._numbers - ticket.number
        for told in parse_rate_limits(headers, now - ticket.at):
            self._heard = ticket.number
            allowance = self._allows.setdefault(told.kind, ServerQuota())
            allowance.told(told, since * self._amount(told.kind), now - ticket.at, now)

    def turn_away(self, error: BaseException) -> None:
        """Tells everyone who waits that they will not be let in."""
        while self._waiting:
            turn = self._waiting.popleft().turn
            if not turn.done():
                turn.set_exception(error)

    @property
    def waiting(self) -> int:
        """Questions that wait for leave."""
        return len(self._waiting)

    @property
    def is_well(self) -> bool:
        """Whether the endpoint answers at all."""
        return not self._outage.is_on

    # -- who may pass -----------------------------------------------------------------------

    def _admits(self, now: float) -> bool:
        return (
            self.in_flight < self.limit
            and now >= self._quiet_until
            and self._outage.wait(now) == 0
            and self._soonest(now) == 0
        )

    def _soonest(self, now: float) -> float:
        """Seconds until the user's limits, the endpoint's and the tempo let a question pass."""
        wait = max(self._pace.wait(now), self._load.wait(now))
        for kind, allowance in self._allows.items():
            wait = max(wait, allowance.wait(now, self._amount(kind)))
        return wait

    def _amount(self, kind: str) -> float:
        return 1.0 if kind == "requests" else self._pace.tokens_each

    def _admit(self, question: Hashable, now: float) -> Lease:
        self.in_flight += 1
        self._numbers += 1
        self._outage.took(self._numbers)
        self._tempo.take(now)
        for kind, allowance in self._allows.items():
            allowance.take(now, self._amount(kind))
        return Lease(self._numbers, question, self._pace.take(now), now)

    def _let_in(self) -> None:
        loop = asyncio.get_running_loop()
        while self._waiting and self._admits(loop.time()):
            waiter = self._waiting.popleft()
            if not waiter.turn.done():
                waiter.turn.set_result(self._admit(waiter.question, loop.time()))
        self._schedule(loop)

    def _schedule(self, loop: asyncio.AbstractEventLoop) -> None:
        """Sees to it that somebody looks again when only time stands in the way."""
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        if not self._waiting or self.in_flight >= self.limit:
            return
        now = loop.time()
        outage = self._outage.wait(now)
        # A probe that is out comes back, and then it is looked again anyway.
        if outage is not None:
            seconds = max(self._quiet_until - now, outage, self._soonest(now))
            self._timer = loop.call_later(max(seconds, 0.0), self._look_again)

    def _look_again(self) -> None:
        self._timer = None
        self._let_in()

    # -- learning ---------------------------------------------------------------------------

    def _failed(
        self, ticket: Lease, how: Outcome, wait: float | None, why: str, now: float
    ) -> None:
        pause = self._outage.failed(
            ticket.number, ticket.question, self.in_flight, how is Outcome.REFUSED, wait, now
        )
        if pause is None:
            return
        row = f"{self._outage.failures} questions in a row got no answer"
        seconds = self._outage.seconds(now)
        if self._outage.is_hopeless(now):
            self.turn_away(
                EndpointError(
                    f"{self.endpoint} gave no answer for {seconds:.0f} s: {row}. The last one: "
                    f"{why}"
                )
            )
        self._emit(EndpointPaused(self.endpoint, pause, f"{row}: {why}" if why else row))

    def _judge(self, ticket: Lease, refused: bool, wait: float | None, now: float) -> None:
        if not self._load.saw(ticket.number, refused, ticket.at, self._numbers, now):
            return
        # Where most are let in, the wait is for the one that was not.
        if wait and self._load.refuses_most:
            self._quiet_until = max(self._quiet_until, now + wait)
            if wait >= NEWS:
                self._emit(EndpointPaused(self.endpoint, wait, "the endpoint asked to wait"))

    def _climbed(self, now: float) -> None:
        """An answer is there: maybe the endpoint has a use for more or fewer at a time."""
        assert self._climb is not None
        # It is the limit that holds others back if nothing but a place is missing.
        at_limit = self.in_flight + 1 >= self.limit and bool(self._waiting)
        if self._climb.answered(now, at_limit):
            if self._climb.limit > self.limit:
                self._tempo.measure_again(now)
            self.limit = self._climb.limit
            self._moved()

    def _moved(self, why: str = "") -> None:
        rate = self._tempo.rate if self._tempo.is_held else None
        self._emit(LimitChanged(self.endpoint, self.limit, why, rate))

"""The gate: how many questions may be with one endpoint at a time, and when.

It starts small, doubles while that helps, and gives way when the endpoint refuses. One gate per
endpoint (address, model and key), shared by all steps that use it. Knows nothing of questions or
answers, only of how asking went.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections import deque
from collections.abc import Hashable
from dataclasses import dataclass
from enum import Enum, auto
from typing import Final

from distilabel._core.events import Emit, GateMoved, GatePaused, GateResumed
from distilabel.errors import EndpointError
from distilabel.models.outage import Outage
from distilabel.models.pace import Pace
from distilabel.models.strain import Strain, Verdict

START: Final = 32
MOST: Final = 1024
# What a cut leaves of the limit, and what a round without strain adds to it.
CUT: Final = 0.7
REGROWTH: Final = 0.1


class How(Enum):
    """How asking a question went."""

    ANSWERED = auto()
    REFUSED = auto()  # too fast, or nobody there: 429, 503, a timeout
    BROKEN = auto()  # no answer for another reason: a lost connection, a 500
    OTHER = auto()  # says nothing about the endpoint: a question it would not take, a cancellation


@dataclass(slots=True)
class Ticket:
    """Leave to ask one question.

    Attributes:
        number: of all tickets of the gate, in order.
        question: what tells questions apart.
        tokens: those that were set aside.
    """

    number: int
    question: Hashable
    tokens: float


@dataclass(slots=True)
class _Waiter:
    """A question that waits; its turn gives it a ticket."""

    question: Hashable
    turn: asyncio.Future[Ticket]


class Gate:
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
        self.most = most or MOST
        self.limit = float(most or START)
        self.in_flight = 0
        self.preflight = asyncio.Lock()
        self.open = False
        self._emit = emit or (lambda event: None)
        self._pace = Pace(requests_per_minute, tokens_per_minute)
        self._strain = Strain()
        self._outage = Outage(min(self.most, START))
        self._waiting: deque[_Waiter] = deque()
        self._timer: asyncio.TimerHandle | None = None
        self._numbers = 0
        # Nobody passes before: the endpoint asked to be left alone.
        self._quiet_until = 0.0
        self._growing = most is None
        self._round_start = 0.0
        self._round_answers = 0
        self._best_rate = 0.0
        self._flat_rounds = 0
        # Limit, pace and growth before the trial that runs, to go back to.
        self._before_trial: tuple[float, float | None, bool] | None = None

    # -- asking for leave -------------------------------------------------------------------

    async def enter(self, question: Hashable = None, *, again: bool = False) -> Ticket:
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
                self.leave(waiter.turn.result(), How.OTHER)
            raise

    def leave(
        self,
        ticket: Ticket,
        how: How,
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
        if how is How.ANSWERED:
            if self._outage.answered():
                self._emit(GateResumed(self.endpoint))
                self._forget_outage(now)
            self._pace.answered(now)
            self._count_round(now)
        elif how is How.OTHER:
            self._outage.said_nothing(ticket.number)
        else:
            self._failed(ticket, how, wait, why, now)
        if how in (How.ANSWERED, How.REFUSED) and not self._outage.is_on:
            self._judge(ticket, how is How.REFUSED, wait, now)
        self._let_in()

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
            self.in_flight < int(self.limit)
            and now >= self._quiet_until
            and self._outage.wait(now) == 0
            and self._pace.wait(now) == 0
        )

    def _admit(self, question: Hashable, now: float) -> Ticket:
        self.in_flight += 1
        self._numbers += 1
        self._outage.took(self._numbers)
        return Ticket(self._numbers, question, self._pace.take(now))

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
        if not self._waiting or self.in_flight >= int(self.limit):
            return
        now = loop.time()
        outage = self._outage.wait(now)
        # A probe that is out comes back, and then it is looked again anyway.
        if outage is not None:
            seconds = max(self._quiet_until - now, outage, self._pace.wait(now))
            self._timer = loop.call_later(max(seconds, 0.0), self._look_again)

    def _look_again(self) -> None:
        self._timer = None
        self._let_in()

    # -- learning ---------------------------------------------------------------------------

    def _failed(self, ticket: Ticket, how: How, wait: float | None, why: str, now: float) -> None:
        pause = self._outage.failed(
            ticket.number, ticket.question, self.in_flight, how is How.REFUSED, wait, now
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
        self._emit(GatePaused(self.endpoint, pause, f"{row}: {why}" if why else row))

    def _judge(self, ticket: Ticket, refused: bool, wait: float | None, now: float) -> None:
        verdict = self._strain.saw(ticket.number, refused)
        if verdict is Verdict.ASK_LESS:
            self._cut(wait, now)
        elif verdict in (Verdict.LOAD, Verdict.NOT_LOAD):
            self._pace.judge(now, load=verdict is Verdict.LOAD)
            if verdict is Verdict.NOT_LOAD and self._before_trial is not None:
                self.limit, _, self._growing = self._before_trial
                self._emit(GateMoved(self.endpoint, int(self.limit), "refusals are not for load"))
            self._before_trial = None

    def _forget_outage(self, now: float) -> None:
        """What was refused because nobody was there is no reason to ask less."""
        if self._before_trial is not None:
            self.limit, learnt, self._growing = self._before_trial
            self._pace.go_back_to(learnt, now)
            self._before_trial = None
        self._pace.forget(now)
        self._strain.forget(self._numbers)
        self._begin_round(now)

    def _cut(self, wait: float | None, now: float) -> None:
        if self._before_trial is None:
            self._before_trial = (self.limit, self._pace.learnt, self._growing)
        # What it holds without refusing it can hold.
        self.limit = max(1.0, self.limit * CUT, min(self.limit, self.in_flight))
        self._growing = False
        sure = self._pace.slow_down(now, self.in_flight)
        self._strain.begin_trial(self._numbers, sure=sure)
        self._begin_round(now)
        if wait:
            self._quiet_until = max(self._quiet_until, now + wait)
            self._emit(GatePaused(self.endpoint, wait, "the endpoint asked to wait"))
        self._emit(GateMoved(self.endpoint, int(self.limit), "the endpoint refuses questions"))

    def _begin_round(self, now: float) -> None:
        self._round_start = now
        self._round_answers = 0

    def _count_round(self, now: float) -> None:
        """Every so many answers, looks whether the limit may grow."""
        self._round_answers += 1
        if self._round_answers < max(16, int(self.limit)):
            return
        rate = self._round_answers / max(now - self._round_start, 1e-6)
        first = self._round_start == 0.0
        self._begin_round(now)
        if first or not self._waiting or self._before_trial is not None:
            # Without a queue the limit was not the limit, and a trial is not to be disturbed.
            return
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
        elif self._pace.wait(now) == 0:
            # Else it is the pace that holds questions back, and a higher limit teaches nothing.
            self.limit = min(self.limit + max(1.0, self.limit * REGROWTH), self.most)
        if int(self.limit) != before:
            self._emit(GateMoved(self.endpoint, int(self.limit)))

"""Limits the requests to one endpoint: how many are in flight, and when the next one is sent.

An endpoint is an address, a model and a key; all steps that use it share one limiter. The limiter
only sees outcomes, never questions or answers. Each part of the decision has its own module:
`concurrency` (requests in flight), `rate_controller` (requests per second), `circuit_breaker`
(outages), `user_limits` and `server_quota` (limits per minute).
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

# A shorter pause, in seconds, is not reported.
NEWS: Final = 1.0
# After so many replies without rate limit headers, only every `LISTEN_TO`th reply is parsed.
LISTENED: Final = 64
LISTEN_TO: Final = 8


class Outcome(Enum):
    """How a request ended, as far as the endpoint is concerned."""

    ANSWERED = auto()
    REJECTED = auto()  # for load: 429, 503, a timeout, nothing listening
    FAILED = auto()  # for another reason that may pass: a lost connection, a 500
    NEUTRAL = auto()  # says nothing about the endpoint: an invalid request, a cancellation


@dataclass(slots=True, eq=False)
class Lease:
    """Permission to send one request, and how that request ended.

    A context manager: on exit it is returned to the limiter with what was recorded here.

    Attributes:
        limiter: Limiter that granted it.
        number: Number of the request; later requests have larger ones.
        key: Identifies the question.
        reserved: Tokens reserved for the request.
        acquired_at: Time at which it was granted, in seconds of the event loop's clock.
        outcome: How the request ended.
        retry_after: Seconds that the endpoint asked to wait, if it did.
        tokens: Tokens that request and answer took.
        reason: What failed, for people.
        headers: Headers of the reply, if there was one.
    """

    limiter: EndpointLimiter
    number: int
    key: Hashable
    reserved: float
    acquired_at: float
    outcome: Outcome = Outcome.NEUTRAL
    retry_after: float | None = None
    tokens: int = 0
    reason: str = ""
    headers: Mapping[str, str] | None = None

    def __enter__(self) -> Lease:
        return self

    def __exit__(self, *exc_info: object) -> None:
        self.limiter.release(self)


@dataclass(slots=True, eq=False)
class _Waiter:
    """A request that waits for its lease."""

    key: Hashable
    lease: asyncio.Future[Lease]


class EndpointLimiter:
    """Grants leases for the requests to one endpoint.

    Args:
        endpoint: Name of the endpoint, for people.
        most: The user's limit of requests in flight; None finds a limit by trying.
        requests_per_minute: The user's limit of requests per minute.
        tokens_per_minute: The user's limit of tokens per minute.
        emit: Receives an event for every change.

    Attributes:
        limit: Most requests in flight now.
        in_flight: Requests in flight now.
        preflight: Lock for the check before the first request.
        is_checked: Whether that check has passed.
        doubt: Why the endpoint may not know the model. Until it has answered, one request is in
            flight at a time. Empty if there is no doubt.
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
        self.doubt = ""
        self.limit = most or START
        self.in_flight = 0
        self.preflight = asyncio.Lock()
        self.is_checked = False
        self._emit = emit or (lambda event: None)
        self._user_limits = UserLimits(requests_per_minute, tokens_per_minute)
        self._controller = RateController(
            lambda: self._limit_changed("the endpoint rejects requests"), quick=most is not None
        )
        self._rate = self._controller.rate
        # By kind of limit; empty until the endpoint sends rate limit headers.
        self._quotas: dict[str, ServerQuota] = {}
        self._quotas_number = 0
        self._breaker = CircuitBreaker(self.limit)
        self._waiters: deque[_Waiter] = deque()
        self._timer: asyncio.TimerHandle | None = None
        self._last_number = 0
        # The endpoint asked for no requests before this time.
        self._paused_until = 0.0
        self._most = most
        # A limit set by the user stays as it is.
        self._concurrency = ConcurrencyLimit(MOST) if most is None else None
        self._error: EndpointError | None = None

    def set_user_limits(
        self,
        most: int | None,
        requests_per_minute: int | None,
        tokens_per_minute: int | None,
    ) -> None:
        """Sets the user's limits, which change when another model shares the endpoint.

        Args:
            most: Most requests in flight; None finds a limit by trying.
            requests_per_minute: Most requests per minute; None for no limit.
            tokens_per_minute: Most tokens per minute; None for no limit.
        """
        self._user_limits.set(requests_per_minute, tokens_per_minute)
        if most != self._most:
            self._most = most
            self._concurrency = ConcurrencyLimit(MOST) if most is None else None
            self.limit = most or START
            self._breaker.set_most(self.limit)

    # -- leases -----------------------------------------------------------------------------

    async def acquire(self, key: Hashable = None, *, retry: bool = False) -> Lease:
        """Waits for permission to send one request.

        Args:
            key: Identifies the question.
            retry: Whether it was sent before. Retries go first, because nothing else holds up
                their rows.

        Returns:
            The lease, to be used in a `with` statement.

        Raises:
            EndpointError: The endpoint has not answered for too long, or cannot be used.
        """
        if self._error is not None:
            raise self._error
        loop = asyncio.get_running_loop()
        if not self._waiters and self._is_allowed(loop.time()):
            return self._grant(key, loop.time())
        waiter = _Waiter(key, loop.create_future())
        (self._waiters.appendleft if retry else self._waiters.append)(waiter)
        self._grant_waiting()
        try:
            return await waiter.lease
        except asyncio.CancelledError:
            if waiter.lease.cancelled():
                # `_grant_waiting` may have dropped the waiter already.
                with contextlib.suppress(ValueError):
                    self._waiters.remove(waiter)
            elif waiter.lease.exception() is None:
                # Granted and cancelled in the same moment.
                self.release(waiter.lease.result())
            raise

    def release(self, lease: Lease) -> None:
        """Takes a lease back and learns from the outcome of its request.

        Args:
            lease: Lease that `acquire` returned; its exit calls this.
        """
        self._read_headers(lease)
        now = asyncio.get_running_loop().time()
        outcome = lease.outcome
        if outcome is Outcome.ANSWERED:
            self.doubt = ""
        self.in_flight -= 1
        self._user_limits.settle(lease.tokens, lease.reserved, now)
        if outcome is Outcome.ANSWERED:
            if self._breaker.succeeded():
                self._emit(EndpointResumed(self.endpoint))
                self._controller.forget_outage(self._last_number, now)
            if self._concurrency is not None:
                self._adapt_concurrency(now)
        elif outcome is Outcome.NEUTRAL:
            self._breaker.ignored(lease.number)
        else:
            self._count_failure(lease, now)
        if outcome in (Outcome.ANSWERED, Outcome.REJECTED) and not self._breaker.is_open:
            self._adapt_rate(lease, now)
        self._grant_waiting()

    def turn_away(self, error: BaseException) -> None:
        """Raises `error` in all requests that wait for a lease.

        Args:
            error: Exception for the callers of `acquire`.
        """
        while self._waiters:
            lease = self._waiters.popleft().lease
            if not lease.done():
                lease.set_exception(error)

    def close(self, error: EndpointError) -> None:
        """Raises `error` for all requests that wait, and for all that come.

        Args:
            error: Why the endpoint cannot be used.
        """
        self._error = error
        self.turn_away(error)

    @property
    def waiting(self) -> int:
        """Number of requests that wait for a lease."""
        return len(self._waiters)

    @property
    def is_up(self) -> bool:
        """Whether the endpoint answers: False during an outage."""
        return not self._breaker.is_open

    # -- granting ---------------------------------------------------------------------------

    @property
    def _is_full(self) -> bool:
        limit = 1 if self.doubt else self.limit
        return self.in_flight >= limit

    def _is_allowed(self, now: float) -> bool:
        return (
            not self._is_full
            and now >= self._paused_until
            and self._breaker.wait(now) == 0
            and self._wait(now) == 0
        )

    def _wait(self, now: float) -> float:
        """Seconds until the user's limits, the endpoint's quotas and the rate allow a request."""
        wait = max(self._user_limits.wait(now), self._controller.wait(now))
        for kind, quota in self._quotas.items():
            wait = max(wait, quota.wait(now, self._amount(kind)))
        return wait

    def _amount(self, kind: str) -> float:
        """What one request takes of a quota."""
        return 1.0 if kind == "requests" else self._user_limits.tokens_each

    def _grant(self, key: Hashable, now: float) -> Lease:
        self.in_flight += 1
        self._last_number += 1
        self._breaker.sent(self._last_number)
        self._rate.take(now)
        for kind, quota in self._quotas.items():
            quota.take(now, self._amount(kind))
        return Lease(self, self._last_number, key, self._user_limits.take(now), now)

    def _grant_waiting(self) -> None:
        loop = asyncio.get_running_loop()
        while self._waiters and self._is_allowed(loop.time()):
            waiter = self._waiters.popleft()
            if not waiter.lease.done():
                waiter.lease.set_result(self._grant(waiter.key, loop.time()))
        self._schedule(loop)

    def _schedule(self, loop: asyncio.AbstractEventLoop) -> None:
        """Sets a timer if requests wait for time to pass, not for others to return."""
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        if not self._waiters or self._is_full:
            return
        now = loop.time()
        outage = self._breaker.wait(now)
        # None: the probe request is in flight, and its return calls this again.
        if outage is not None:
            seconds = max(self._paused_until - now, outage, self._wait(now))
            self._timer = loop.call_later(max(seconds, 0.0), self._on_timer)

    def _on_timer(self) -> None:
        self._timer = None
        self._grant_waiting()

    # -- learning ---------------------------------------------------------------------------

    def _read_headers(self, lease: Lease) -> None:
        """Updates the endpoint's quotas from the headers of a reply."""
        headers, number = lease.headers, lease.number
        # The most recent request has the most recent numbers.
        if headers is None or number < self._quotas_number:
            return
        if not self._quotas and number > LISTENED and number % LISTEN_TO:
            return
        now = asyncio.get_running_loop().time()
        sent_since = self._last_number - number
        seconds = now - lease.acquired_at
        for limits in parse_rate_limits(headers, seconds):
            self._quotas_number = number
            quota = self._quotas.setdefault(limits.kind, ServerQuota())
            quota.update(limits, sent_since * self._amount(limits.kind), seconds, now)

    def _count_failure(self, lease: Lease, now: float) -> None:
        pause = self._breaker.failed(
            lease.number,
            lease.key,
            self.in_flight,
            lease.outcome is Outcome.REJECTED,
            lease.retry_after,
            now,
        )
        if pause is None:
            return
        failures = f"{self._breaker.failures} requests in a row failed"
        if self._breaker.is_hopeless(now):
            seconds = self._breaker.seconds(now)
            self.turn_away(
                EndpointError(
                    f"{self.endpoint} has not answered for {seconds:.0f} s: {failures}. The last "
                    f"error: {lease.reason}"
                )
            )
        reason = f"{failures}: {lease.reason}" if lease.reason else failures
        self._emit(EndpointPaused(self.endpoint, pause, reason))

    def _adapt_rate(self, lease: Lease, now: float) -> None:
        rejected = lease.outcome is Outcome.REJECTED
        overloaded = self._controller.record(
            lease.number, rejected, lease.acquired_at, self._last_number, now
        )
        wait = lease.retry_after
        # Where most requests are let in, only the rejected one has to wait.
        if overloaded and wait and self._controller.rejects_most:
            self._paused_until = max(self._paused_until, now + wait)
            if wait >= NEWS:
                self._emit(EndpointPaused(self.endpoint, wait, "the endpoint asked to wait"))

    def _adapt_concurrency(self, now: float) -> None:
        assert self._concurrency is not None
        # If requests wait although the limit is reached, it is the limit that holds them back.
        at_limit = self.in_flight + 1 >= self.limit and bool(self._waiters)
        if self._concurrency.answered(now, at_limit):
            if self._concurrency.limit > self.limit:
                self._rate.measure_again(now)
            self.limit = self._concurrency.limit
            self._limit_changed()

    def _limit_changed(self, reason: str = "") -> None:
        rate = self._rate.per_second if self._rate.is_held else None
        self._emit(LimitChanged(self.endpoint, self.limit, reason, rate))

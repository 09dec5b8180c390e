"""Events: what happens in a run, one small record each. The engine speaks in nothing else.

Whoever wants to show, count or write down a run listens; nobody who emits knows who that is.
"""

from __future__ import annotations

import contextlib
import logging
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

_log = logging.getLogger("distilabel.pipeline")


@dataclass(slots=True)
class Event:
    """Something that happened."""


@dataclass(slots=True)
class RunStarted(Event):
    """The pipeline is checked and begins.

    Attributes:
        pipeline: its name.
        steps: step name → class name, in topological order.
        leaves: steps that nothing follows.
        budget: US dollars that the run may cost; None is no limit.
    """

    pipeline: str
    steps: dict[str, str]
    leaves: tuple[str, ...] = ()
    budget: float | None = None


@dataclass(slots=True)
class StepLoaded(Event):
    """A step is ready to work."""

    step: str
    seconds: float


@dataclass(slots=True)
class RowsReceived(Event):
    """Rows came to a step."""

    step: str
    count: int


@dataclass(slots=True)
class RowsProcessed(Event):
    """A step is done with rows it took: taken + created = given + dropped + failed.

    What comes to the next step: given + failed - ended.

    Attributes:
        step: its name.
        taken: rows it took.
        given: rows it gave on, unharmed.
        dropped: rows it took and made nothing of.
        created: rows it gave beyond one per row it took.
        failed: rows it failed on; they go on with None in its columns, or end.
        skipped: those of the failed ones whose required input was None already.
        ended: those of the failed ones that do not go on (`on_error="drop"`).
    """

    step: str
    taken: int
    given: int
    dropped: int = 0
    created: int = 0
    failed: int = 0
    skipped: int = 0
    ended: int = 0


@dataclass(slots=True)
class RequestSent(Event):
    """A question went to a model.

    Attributes:
        step: who asks.
        model: who is asked.
        request: its number in this process; the same when it is asked again.
    """

    step: str
    model: str
    request: int = 0


@dataclass(slots=True)
class ResponseReceived(Event):
    """A question has its answer.

    Attributes:
        step: who asked.
        model: who answered.
        input_tokens: tokens of the question.
        output_tokens: tokens of the answers.
        seconds: between asking and the answer; 0 if it was stored already.
        reused: whether it was stored already.
        cost: US dollars; None if the price is not known.
        cached_tokens: tokens of the question that the provider had read before.
        request: its number; 0 if it was stored already.
        in_job: whether it came in a batch job, at the price of those.
    """

    step: str
    model: str
    input_tokens: int
    output_tokens: int
    seconds: float
    reused: bool
    cost: float | None = None
    cached_tokens: int = 0
    request: int = 0
    in_job: bool = False


@dataclass(slots=True)
class UnusableResponse(Event):
    """A reply that took tokens, or may have, is no answer.

    Attributes:
        step: who asked.
        model: who replied.
        input_tokens: tokens of the question; 0 if the reply was lost.
        output_tokens: tokens of the reply; 0 if it was lost.
        cached_tokens: tokens of the question that the provider had read before.
        cost: US dollars, of a lost reply the most it can have cost; None if the price is not
            known.
        lost: whether the reply was lost, so that nobody here knows what it took.
    """

    step: str
    model: str
    input_tokens: int
    output_tokens: int
    cached_tokens: int
    cost: float | None
    lost: bool


@dataclass(slots=True)
class RequestRetried(Event):
    """A question got no answer and will be asked again.

    Attributes:
        step: who asked.
        model: who was asked.
        reason: what failed, in words.
        wait: seconds until it is asked again.
        request: its number.
        kind: the HTTP status, or the name of the error's class.
    """

    step: str
    model: str
    reason: str
    wait: float
    request: int = 0
    kind: str = ""


@dataclass(slots=True)
class RequestFailed(Event):
    """A question was given up.

    Attributes:
        step: who asked.
        model: who was asked.
        reason: what failed, in words.
        request: its number.
        kind: the HTTP status, or the name of the error's class.
    """

    step: str
    model: str
    reason: str
    request: int = 0
    kind: str = ""


@dataclass(slots=True)
class LimitChanged(Event):
    """An endpoint is asked faster or slower from now on.

    Attributes:
        endpoint: which.
        limit: most questions in flight.
        reason: why it is slower, in words; empty when it is not.
        rate: most questions a second; None for as many as there are places.
    """

    endpoint: str
    limit: int
    reason: str = ""
    rate: float | None = None

    @property
    def speed(self) -> str:
        """How it is asked, in words."""
        if self.rate is None:
            return f"{self.limit:,} in flight"
        return (
            f"{self.rate:,.0f} questions/s" if self.rate >= 10 else f"{self.rate:.2g} questions/s"
        )


@dataclass(slots=True)
class EndpointPaused(Event):
    """An endpoint is left alone for a while."""

    endpoint: str
    seconds: float
    reason: str


@dataclass(slots=True)
class EndpointResumed(Event):
    """An endpoint that was left alone answers again."""

    endpoint: str


@dataclass(slots=True)
class JobUpdated(Event):
    """A batch job was submitted, or looked at.

    Attributes:
        model: who is asked in it.
        job: the provider's name of it.
        status: in the provider's word.
        requests: in it.
        done: those that are done.
        ended: whether nothing more comes of it.
    """

    model: str
    job: str
    status: str
    requests: int
    done: int
    ended: bool


@dataclass(slots=True)
class RowFailed(Event):
    """A step failed on a row, which goes on with None in its columns, or ends there.

    Attributes:
        step: where.
        key: the row.
        error: type, message, attempts and what came back, for `Distiset.failures`.
    """

    step: str
    key: tuple[int, ...]
    error: dict[str, Any]


@dataclass(slots=True)
class RowsAccepted(Event):
    """A leaf has as many rows as were wanted of it, or all there are.

    Attributes:
        step: the leaf.
        wanted: rows it was to have.
        kept: rows it has.
        arrived: rows that came, those beyond what was wanted among them.
        source_rows: source rows of which all that will ever come has come.
    """

    step: str
    wanted: int
    kept: int
    arrived: int
    source_rows: int

    @property
    def rate(self) -> float | None:
        """Rows that came of one source row, on average; None before there was one."""
        return self.arrived / self.source_rows if self.source_rows else None


@dataclass(slots=True)
class RunStopping(Event):
    """No more rows are begun; those in flight are finished."""

    reason: str


@dataclass(slots=True)
class RunFinished(Event):
    """Every row has reached its end, or the run was stopped.

    Attributes:
        seconds: since it started.
        interrupted: whether it was stopped before the end.
    """

    seconds: float
    interrupted: bool
    error: str = ""


Emit = Callable[[Event], None]


class Bus:
    """Hands every event to the listeners that want it, in order.

    A listener that raises is told nothing more: nobody's rows are to suffer from being shown.

    Args:
        listeners: called with an event; one with an attribute `wants`, a tuple of event types,
            is only called with those.
    """

    def __init__(self, listeners: list[Emit]) -> None:
        self._listeners = listeners
        self._by_type: dict[type[Event], list[Emit]] = {}

    def __call__(self, event: Event) -> None:
        kind = type(event)
        wanting = self._by_type.get(kind)
        if wanting is None:
            wanting = self._by_type[kind] = [
                each for each in self._listeners if kind in getattr(each, "wants", (kind,))
            ]
        for listener in wanting:
            try:
                listener(event)
            except Exception as error:  # noqa: BLE001 (whatever a listener raises)
                self._leave_out(listener, error)

    def _leave_out(self, listener: Emit, error: Exception) -> None:
        self._listeners = [other for other in self._listeners if other is not listener]
        self._by_type.clear()
        # The log may be what raised.
        with contextlib.suppress(Exception):
            _log.warning(
                "%r failed and is told nothing more of this run: %s: %s",
                listener,
                type(error).__name__,
                error,
            )

"""Events: one small record for each thing that happens in a run.

The engine reports through events only. Whatever displays, counts or logs a run is a listener on the
`Bus`; the code that emits an event does not know its listeners.
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
    """Base class of all events."""


@dataclass(slots=True)
class RunStarted(Event):
    """A validated pipeline starts to run.

    Attributes:
        pipeline: Name of the pipeline.
        steps: Step name → class name, in topological order.
        leaves: Names of the steps without successors.
        budget: US dollars the run may cost; None is no limit.
    """

    pipeline: str
    steps: dict[str, str]
    leaves: tuple[str, ...] = ()
    budget: float | None = None


@dataclass(slots=True)
class StepLoaded(Event):
    """A step has loaded and is ready to process rows.

    Attributes:
        step: Name of the step.
        seconds: How long loading took.
    """

    step: str
    seconds: float


@dataclass(slots=True)
class RowsReceived(Event):
    """Rows arrived at a step.

    Attributes:
        step: Name of the step.
        count: Number of rows.
    """

    step: str
    count: int


@dataclass(slots=True)
class RowsProcessed(Event):
    """A step finished rows it took: taken + created = given + dropped + failed.

    The next step receives given + failed - ended.

    Attributes:
        step: Name of the step.
        taken: Rows the step took.
        given: Rows it emitted without a failure.
        dropped: Rows it took and emitted nothing for.
        created: Rows it emitted beyond one per row taken.
        failed: Rows it failed on; they go on with None in its columns, or end here.
        skipped: Failed rows that were not tried because a required input was None already.
        ended: Failed rows that do not go on (`on_error="drop"`).
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
    """A request was sent to a model.

    Attributes:
        step: Name of the step that sent it.
        model: Name of the model.
        request: Number of the request in this process; a retry keeps it.
    """

    step: str
    model: str
    request: int = 0


@dataclass(slots=True)
class ResponseReceived(Event):
    """A usable response arrived, or a stored answer was reused.

    Attributes:
        step: Name of the step that sent the request.
        model: Name of the model.
        input_tokens: Tokens of the prompt.
        output_tokens: Tokens of all generations.
        seconds: Time from the request to the response; 0 for a stored answer.
        reused: Whether the answer was stored already.
        cost: US dollars; None if the price is unknown.
        cached_tokens: Tokens of the prompt that the provider read from its own cache.
        request: Number of the request; 0 for a stored answer.
        in_job: Whether the response is from a batch job, at the price of batch jobs.
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
    """A response used tokens, or may have, but contains no answer.

    Attributes:
        step: Name of the step that sent the request.
        model: Name of the model.
        input_tokens: Tokens of the prompt; 0 if the response was lost.
        output_tokens: Tokens of the response; 0 if it was lost.
        cached_tokens: Tokens of the prompt that the provider read from its own cache.
        cost: US dollars, for a lost response the most it can have cost; None if the price is
            unknown.
        lost: Whether the response was lost, so that its token counts are unknown.
        given_up: Whether it is lost because the caller did not wait for it.
    """

    step: str
    model: str
    input_tokens: int
    output_tokens: int
    cached_tokens: int
    cost: float | None
    lost: bool
    given_up: bool = False


@dataclass(slots=True)
class RequestRetried(Event):
    """A request failed and will be sent again.

    Attributes:
        step: Name of the step that sent it.
        model: Name of the model.
        reason: Why it failed, in words.
        wait: Seconds until it is sent again.
        request: Number of the request.
        kind: HTTP status, or the name of the error's class.
    """

    step: str
    model: str
    reason: str
    wait: float
    request: int = 0
    kind: str = ""


@dataclass(slots=True)
class RequestFailed(Event):
    """A request failed and will not be sent again.

    Attributes:
        step: Name of the step that sent it.
        model: Name of the model.
        reason: Why it failed, in words.
        request: Number of the request.
        kind: HTTP status, or the name of the error's class.
    """

    step: str
    model: str
    reason: str
    request: int = 0
    kind: str = ""


@dataclass(slots=True)
class LimitChanged(Event):
    """The limits for requests to an endpoint changed.

    Attributes:
        endpoint: Name of the endpoint.
        limit: Most requests in flight.
        reason: Why the limits are lower, in words; empty if they are not.
        rate: Most requests per second; None if only `limit` bounds them.
    """

    endpoint: str
    limit: int
    reason: str = ""
    rate: float | None = None

    @property
    def speed(self) -> str:
        """The limit that applies, in words."""
        if self.rate is None:
            return f"{self.limit:,} in flight"
        return f"{self.rate:,.0f} requests/s" if self.rate >= 10 else f"{self.rate:.2g} requests/s"


@dataclass(slots=True)
class EndpointPaused(Event):
    """No requests are sent to an endpoint for a while.

    Attributes:
        endpoint: Name of the endpoint.
        seconds: Length of the pause.
        reason: Why, in words.
    """

    endpoint: str
    seconds: float
    reason: str


@dataclass(slots=True)
class EndpointResumed(Event):
    """A paused endpoint responds again.

    Attributes:
        endpoint: Name of the endpoint.
    """

    endpoint: str


@dataclass(slots=True)
class JobUpdated(Event):
    """A batch job was submitted, or its status was read.

    Attributes:
        model: Name of the model.
        job: The provider's id of the job.
        status: The provider's word for its status.
        requests: Number of requests in the job.
        done: Number of them that are finished.
        ended: Whether the job is over.
    """

    model: str
    job: str
    status: str
    requests: int
    done: int
    ended: bool


@dataclass(slots=True)
class RowFailed(Event):
    """A step failed on a row, which goes on with None in the step's columns, or ends here.

    Attributes:
        step: Name of the step.
        key: Key of the row.
        error: Type, message, attempts and raw response, as in `Distiset.failures`.
    """

    step: str
    key: tuple[int, ...]
    error: dict[str, Any]


@dataclass(slots=True)
class RowsAccepted(Event):
    """A leaf step has as many rows as were wanted of it, or all there are.

    Attributes:
        step: Name of the leaf step.
        wanted: Number of rows wanted.
        kept: Number of rows it has.
        arrived: Number of rows that arrived, including those beyond `wanted`.
        source_rows: Number of source rows from which no further rows will arrive.
    """

    step: str
    wanted: int
    kept: int
    arrived: int
    source_rows: int

    @property
    def rate(self) -> float | None:
        """Rows that arrived per source row, on average; None before the first source row."""
        return self.arrived / self.source_rows if self.source_rows else None


@dataclass(slots=True)
class RunStopping(Event):
    """The run starts no more rows and finishes those in flight.

    Attributes:
        reason: Why, in words.
    """

    reason: str


@dataclass(slots=True)
class RunFinished(Event):
    """Every row has reached its end, or the run was stopped.

    Attributes:
        seconds: Duration of the run.
        interrupted: Whether it was stopped before the end.
        error: Message of the error that ended it; empty if there was none.
    """

    seconds: float
    interrupted: bool
    error: str = ""


Emit = Callable[[Event], None]


class Bus:
    """Calls the listeners of each event, in order.

    A listener that raises is removed: a fault of a display must not harm the rows.

    Args:
        listeners: Callables that take an event; one with an attribute `wants`, a tuple of event
            types, receives only those.
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
                self._remove(listener, error)

    def _remove(self, listener: Emit, error: Exception) -> None:
        self._listeners = [other for other in self._listeners if other is not listener]
        self._by_type.clear()
        # The log may be the listener that raised.
        with contextlib.suppress(Exception):
            _log.warning(
                "%r failed and receives no more events of this run: %s: %s",
                listener,
                type(error).__name__,
                error,
            )

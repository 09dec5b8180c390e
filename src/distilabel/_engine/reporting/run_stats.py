"""Counts what happens in a run, per step, from its events."""

from __future__ import annotations

import time
from dataclasses import dataclass, field
from typing import Any

from distilabel._core.events import (
    Event,
    JobUpdated,
    RequestFailed,
    RequestRetried,
    RequestSent,
    ResponseReceived,
    RowFailed,
    RowsAccepted,
    RowsProcessed,
    RowsReceived,
    RunFinished,
    RunStarted,
    RunStopping,
    UnusableResponse,
)
from distilabel._engine.reporting.model_usage import ModelUsage, total_usage


@dataclass
class StepStats:
    """The counts of one step.

    Attributes:
        kind: Class name of the step.
        taken: Rows received.
        worked: Rows processed.
        given: Rows emitted that did not fail.
        dropped: Received rows without an output row.
        created: Output rows beyond one per received row.
        failed: Rows on which the step failed.
        skipped: Failed rows that were not tried, because their input had failed.
        ended: Failed rows that were not emitted (`on_error="drop"`).
        asked: Requests sent, retries included.
        answered: Answers received.
        reused: Answers that came from the answer store.
        retried: Requests that were sent again.
        in_jobs: Answers received from batch jobs, at their price.
        in_flight: Requests in flight now.
        seconds: Response times of the model, added up.
        models: Name of each model → its usage.
    """

    kind: str = ""
    taken: int = 0
    worked: int = 0
    given: int = 0
    dropped: int = 0
    created: int = 0
    failed: int = 0
    skipped: int = 0
    ended: int = 0
    asked: int = 0
    answered: int = 0
    reused: int = 0
    retried: int = 0
    in_jobs: int = 0
    in_flight: int = 0
    seconds: float = 0.0
    models: dict[str, ModelUsage] = field(default_factory=dict)

    def model(self, name: str) -> ModelUsage:
        """Returns the usage of one model of the step."""
        found = self.models.get(name)
        if found is None:
            found = self.models[name] = ModelUsage()
        return found

    @property
    def spent(self) -> ModelUsage:
        """Usage of all models of the step together."""
        return total_usage(list(self.models.values()))

    @property
    def input_tokens(self) -> int:
        """Tokens of the requests of this run."""
        return self.spent.input_tokens

    @property
    def cached_tokens(self) -> int:
        """Input tokens that the provider had cached, where it reports them."""
        return self.spent.cached_tokens

    @property
    def output_tokens(self) -> int:
        """Tokens of the responses of this run."""
        return self.spent.output_tokens

    @property
    def cost(self) -> float | None:
        """US dollars of this run; None if a price is unknown."""
        return self.spent.cost

    @property
    def passed_on(self) -> int:
        """Rows that reached the next step, or the output."""
        return self.given + self.failed - self.ended

    @property
    def balanced(self) -> bool:
        """True if every received row is accounted for."""
        return self.taken == self.worked and self.worked_is_balanced

    @property
    def worked_is_balanced(self) -> bool:
        """True if every processed row is accounted for."""
        return self.worked + self.created == self.given + self.dropped + self.failed


class RunStats:
    """Counts the events of a run."""

    wants: tuple[type[Event], ...] = ()

    def __init__(self) -> None:
        self.pipeline = ""
        self.steps: dict[str, StepStats] = {}
        self.failures: list[dict[str, Any]] = []
        # Batch jobs that have not ended, by their id at the provider.
        self.jobs: dict[str, JobUpdated] = {}
        self.begun = time.monotonic()
        self.seconds = 0.0
        self.interrupted = False
        self.stopping = ""
        self.leaves: tuple[str, ...] = ()
        self.budget: float | None = None
        self.accepted: dict[str, RowsAccepted] = {}
        self.error = ""

    def __call__(self, event: Event) -> None:
        """Counts one event."""
        counter = _COUNTERS.get(type(event))
        if counter is not None:
            counter(self, event)

    def _run_started(self, event: RunStarted) -> None:
        self.pipeline = event.pipeline
        self.steps = {name: StepStats(kind) for name, kind in event.steps.items()}
        self.leaves = event.leaves
        self.budget = event.budget
        self.begun = time.monotonic()

    @property
    def models(self) -> dict[str, ModelUsage]:
        """Name of each model → its usage in all steps."""
        found: dict[str, list[ModelUsage]] = {}
        for step in list(self.steps.values()):
            for name, model in list(step.models.items()):
                found.setdefault(name, []).append(model)
        return {name: total_usage(usages) for name, usages in found.items()}

    def _rows_received(self, event: RowsReceived) -> None:
        self.steps[event.step].taken += event.count

    def _rows_processed(self, event: RowsProcessed) -> None:
        step = self.steps[event.step]
        step.worked += event.taken
        step.given += event.given
        step.dropped += event.dropped
        step.created += event.created
        step.failed += event.failed
        step.skipped += event.skipped
        step.ended += event.ended

    def _request_sent(self, event: RequestSent) -> None:
        step = self.steps[event.step]
        step.asked += 1
        step.in_flight += 1
        step.model(event.model)

    def _response_received(self, event: ResponseReceived) -> None:
        step = self.steps[event.step]
        step.model(event.model).count(event)
        if event.reused:
            step.reused += 1
            return
        step.answered += 1
        step.in_jobs += event.in_job
        step.in_flight -= 1
        step.seconds += event.seconds

    def _unusable_response(self, event: UnusableResponse) -> None:
        self.steps[event.step].model(event.model).count(event)

    def _request_retried(self, event: RequestRetried) -> None:
        step = self.steps[event.step]
        step.retried += 1
        step.in_flight -= 1

    def _request_failed(self, event: RequestFailed) -> None:
        self.steps[event.step].in_flight -= 1

    def _job_updated(self, event: JobUpdated) -> None:
        if event.ended:
            self.jobs.pop(event.job, None)
        else:
            self.jobs[event.job] = event

    def _row_failed(self, event: RowFailed) -> None:
        self.failures.append({"step": event.step, "key": event.key, **event.error})

    def _run_stopping(self, event: RunStopping) -> None:
        self.stopping = event.reason

    def _rows_accepted(self, event: RowsAccepted) -> None:
        self.accepted[event.step] = event

    def _run_finished(self, event: RunFinished) -> None:
        self.seconds = event.seconds
        self.interrupted = event.interrupted
        self.error = event.error


_COUNTERS: dict[type[Event], Any] = {
    RunStarted: RunStats._run_started,
    RowsReceived: RunStats._rows_received,
    RowsProcessed: RunStats._rows_processed,
    RequestSent: RunStats._request_sent,
    ResponseReceived: RunStats._response_received,
    UnusableResponse: RunStats._unusable_response,
    RequestRetried: RunStats._request_retried,
    RequestFailed: RunStats._request_failed,
    JobUpdated: RunStats._job_updated,
    RowFailed: RunStats._row_failed,
    RowsAccepted: RunStats._rows_accepted,
    RunStopping: RunStats._run_stopping,
    RunFinished: RunStats._run_finished,
}
RunStats.wants = tuple(_COUNTERS)

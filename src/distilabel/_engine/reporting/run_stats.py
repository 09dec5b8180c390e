"""The tally: counts of a run, step by step, kept by listening to its events."""

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
from distilabel._engine.reporting.model_usage import ModelUsage, together


@dataclass
class StepStats:
    """Counts of one step.

    Attributes:
        kind: name of its class.
        taken: rows that came.
        worked: rows it is done with.
        given: rows it gave on, unharmed.
        dropped: rows it made nothing of.
        created: rows it gave beyond one per row that came.
        failed: rows it failed on.
        skipped: those of the failed ones that were not tried.
        ended: those of the failed ones that did not go on.
        asked: questions sent, repetitions included.
        answered: answers that came.
        reused: answers that were stored already.
        retried: questions sent again.
        in_jobs: answers that came in batch jobs, at the price of those.
        in_flight: questions that are with the model.
        seconds: the model took for the answers, all added up.
        models: name of a model asked → its counts, and what it cost.
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
        """The counts of one of its models."""
        found = self.models.get(name)
        if found is None:
            found = self.models[name] = ModelUsage()
        return found

    @property
    def spent(self) -> ModelUsage:
        """What all its models took together."""
        return together(list(self.models.values()))

    @property
    def input_tokens(self) -> int:
        """Tokens of the questions that were answered now."""
        return self.spent.input_tokens

    @property
    def cached_tokens(self) -> int:
        """Those of them that the provider had read before, where it says so."""
        return self.spent.cached_tokens

    @property
    def output_tokens(self) -> int:
        """Tokens of what came back."""
        return self.spent.output_tokens

    @property
    def cost(self) -> float | None:
        """US dollars of what was asked now; None if a price is not known."""
        return self.spent.cost

    @property
    def passed_on(self) -> int:
        """Rows that came to the next step, or to the end."""
        return self.given + self.failed - self.ended

    @property
    def balanced(self) -> bool:
        """Whether every row that came is accounted for."""
        return self.taken == self.worked and self.worked_is_balanced

    @property
    def worked_is_balanced(self) -> bool:
        """Whether every row it is done with is accounted for."""
        return self.worked + self.created == self.given + self.dropped + self.failed


class RunStats:
    """Counts of a run; a listener."""

    wants: tuple[type[Event], ...] = ()

    def __init__(self) -> None:
        self.pipeline = ""
        self.steps: dict[str, StepStats] = {}
        self.failures: list[dict[str, Any]] = []
        # Batch jobs that have not ended, by the provider's name.
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

    def _started(self, event: RunStarted) -> None:
        self.pipeline = event.pipeline
        self.steps = {name: StepStats(kind) for name, kind in event.steps.items()}
        self.leaves = event.leaves
        self.budget = event.budget
        self.begun = time.monotonic()

    @property
    def models(self) -> dict[str, ModelUsage]:
        """Name of a model → what it took, in all steps."""
        found: dict[str, list[ModelUsage]] = {}
        for step in list(self.steps.values()):
            for name, model in list(step.models.items()):
                found.setdefault(name, []).append(model)
        return {name: together(tallies) for name, tallies in found.items()}

    def _taken(self, event: RowsReceived) -> None:
        self.steps[event.step].taken += event.count

    def _done(self, event: RowsProcessed) -> None:
        step = self.steps[event.step]
        step.worked += event.taken
        step.given += event.given
        step.dropped += event.dropped
        step.created += event.created
        step.failed += event.failed
        step.skipped += event.skipped
        step.ended += event.ended

    def _asked(self, event: RequestSent) -> None:
        step = self.steps[event.step]
        step.asked += 1
        step.in_flight += 1
        step.model(event.model)

    def _answered(self, event: ResponseReceived) -> None:
        step = self.steps[event.step]
        step.model(event.model).count(event)
        if event.reused:
            step.reused += 1
            return
        step.answered += 1
        step.in_jobs += event.in_job
        step.in_flight -= 1
        step.seconds += event.seconds

    def _wasted(self, event: UnusableResponse) -> None:
        self.steps[event.step].model(event.model).count(event)

    def _retried(self, event: RequestRetried) -> None:
        step = self.steps[event.step]
        step.retried += 1
        step.in_flight -= 1

    def _unanswered(self, event: RequestFailed) -> None:
        self.steps[event.step].in_flight -= 1

    def _moved(self, event: JobUpdated) -> None:
        if event.ended:
            self.jobs.pop(event.job, None)
        else:
            self.jobs[event.job] = event

    def _failed(self, event: RowFailed) -> None:
        self.failures.append({"step": event.step, "key": event.key, **event.error})

    def _stopping(self, event: RunStopping) -> None:
        self.stopping = event.reason

    def _accepted(self, event: RowsAccepted) -> None:
        self.accepted[event.step] = event

    def _finished(self, event: RunFinished) -> None:
        self.seconds = event.seconds
        self.interrupted = event.interrupted
        self.error = event.error


_COUNTERS: dict[type[Event], Any] = {
    RunStarted: RunStats._started,
    RowsReceived: RunStats._taken,
    RowsProcessed: RunStats._done,
    RequestSent: RunStats._asked,
    ResponseReceived: RunStats._answered,
    UnusableResponse: RunStats._wasted,
    RequestRetried: RunStats._retried,
    RequestFailed: RunStats._unanswered,
    JobUpdated: RunStats._moved,
    RowFailed: RunStats._failed,
    RowsAccepted: RunStats._accepted,
    RunStopping: RunStats._stopping,
    RunFinished: RunStats._finished,
}
RunStats.wants = tuple(_COUNTERS)

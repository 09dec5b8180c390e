"""Protects the speeds, the time left and the state of the endpoints that a run shows."""

from __future__ import annotations

import pytest

from counted import Clock, told
from distilabel._core.events import (
    EndpointPaused,
    EndpointResumed,
    JobUpdated,
    LimitChanged,
    RowsProcessed,
    RowsReceived,
    RunStarted,
)
from distilabel._engine.reporting.progress import EndpointStates, Progress
from distilabel._engine.reporting.run_stats import RunStats


def test_speed_and_time_left_follow_the_slowest_step(clock: Clock) -> None:
    stats = told(RunStats(), RunStarted("run", {"fast": "Step", "slow": "Step"}))
    watch = Progress(stats, 100)
    assert watch.seconds_left() is None
    told(stats, RowsReceived("fast", 100), RowsReceived("slow", 50))
    for _ in range(10):
        clock.now += 1
        told(
            stats, RowsProcessed("fast", taken=5, given=5), RowsProcessed("slow", taken=2, given=2)
        )
        speeds = watch.sample()
    assert speeds == {"fast": 5.0, "slow": 2.0}
    assert watch.seconds_left() == pytest.approx(80 / 2)


def test_the_time_left_is_that_of_work_not_of_waiting(clock: Clock) -> None:
    """A step that got its first row late is as fast as it has been since."""
    stats = told(RunStats(), RunStarted("run", {"one": "Step"}))
    watch = Progress(stats, 100)
    for _ in range(10):
        clock.now += 1
        watch.sample()
    told(stats, RowsReceived("one", 100))
    for _ in range(5):
        clock.now += 1
        told(stats, RowsProcessed("one", taken=10, given=10))
        watch.sample()
    assert watch.seconds_left() == pytest.approx(5.0)


def test_a_rare_look_tells_the_speed_since_the_last_one(clock: Clock) -> None:
    stats = told(RunStats(), RunStarted("run", {"one": "Step"}))
    watch = Progress(stats, None)
    clock.now += 60
    told(stats, RowsReceived("one", 600), RowsProcessed("one", taken=600, given=600))
    assert watch.sample() == {"one": 10.0}
    assert watch.seconds_left() is None


def test_news_of_gates_come_and_go(clock: Clock) -> None:
    endpoints = EndpointStates()
    endpoints(EndpointPaused("there", 2.0, "it asked to wait"))
    endpoints(LimitChanged("there", 12, "it refuses"))
    assert endpoints.lines() == ["there: paused for 2 s, it asked to wait"]
    clock.now += 3
    assert endpoints.lines() == []
    endpoints(LimitChanged("there", 12, "it refuses"))
    assert endpoints.lines() == ["there: slowed to 12 in flight, it refuses"]
    endpoints(EndpointResumed("there"))
    assert endpoints.lines() == []


def test_a_batch_job_is_told_of_until_it_has_ended() -> None:
    states = EndpointStates()
    states(JobUpdated("m", "batch_1", "in_progress", 2000, 30, False))
    assert states.lines() == ["m: batch job batch_1: in_progress, 30 of 2,000 requests done"]
    states(JobUpdated("m", "batch_1", "completed", 2000, 2000, True))
    assert states.lines() == []

"""Protects the decision whether a failed request is sent again, and when."""

from __future__ import annotations

from typing import Any

import pytest

from distilabel.errors import AnswerError, EndpointError
from distilabel.models.client.retry import (
    FIRST_WAIT,
    LONGEST_WAIT,
    PATIENCE,
    Failures,
    retry_pause,
)


def error(**fields: Any) -> AnswerError:
    return AnswerError("broken", **{"retryable": True, **fields})


def decide(
    failure: AnswerError,
    *,
    attempts: int = 1,
    counted: int = 1,
    retries: int = 6,
    seconds: float = 0.0,
    jitter: float = 1.0,
) -> Any:
    return retry_pause(failure, Failures(100.0, attempts, counted), retries, 100 + seconds, jitter)


@pytest.mark.parametrize(
    ("attempts", "pause"),
    [(1, FIRST_WAIT), (2, 2 * FIRST_WAIT), (3, 4 * FIRST_WAIT), (4, LONGEST_WAIT), (5000, 1.0)],
)
def test_pauses_double_up_to_the_longest(attempts: int, pause: float) -> None:
    assert decide(error(), attempts=attempts) == pytest.approx(pause)
    assert decide(error(), attempts=attempts, jitter=0.0) == pytest.approx(pause / 2)


def test_the_endpoint_is_not_asked_before_the_time_it_named() -> None:
    assert decide(error(retry_after=5.0), jitter=0.0) == 5.0
    assert decide(error(retry_after=5.0), jitter=1.0) == pytest.approx(5.5)
    assert decide(error(retry_after=0.01), jitter=0.0) == pytest.approx(FIRST_WAIT / 2)


def test_a_wait_beyond_all_patience_ends_the_run() -> None:
    assert decide(error(retry_after=PATIENCE)) == pytest.approx(1.1 * PATIENCE)
    # Even where the request would not be sent again.
    for failure in (error(retry_after=7200.0), error(retry_after=7200.0, retryable=False)):
        ended = decide(failure)
        assert isinstance(ended, EndpointError)
        assert "broken" in str(ended)
        assert "7200 s" in str(ended)


@pytest.mark.parametrize(
    "circumstances",
    [
        {"failure": error(retryable=False)},
        {"failure": error(), "counted": 7},
        {"failure": error(), "retries": 0},
        {"failure": error(overloaded=True), "counted": 0, "seconds": PATIENCE + 1},
    ],
)
def test_it_gives_up_with_the_error_and_the_number_of_attempts(circumstances: Any) -> None:
    ended = decide(**circumstances, attempts=9)
    assert ended is circumstances["failure"]
    assert ended.attempts == 9


def test_up_to_the_limits_it_goes_on() -> None:
    assert isinstance(decide(error(), counted=6), float)
    assert isinstance(decide(error(), counted=0, seconds=PATIENCE), float)


def test_only_failures_that_may_be_the_fault_of_the_request_count() -> None:
    failures = Failures(0.0)
    failures.add(error(), is_up=True)
    failures.add(error(overloaded=True), is_up=True)
    failures.add(error(), is_up=False)
    assert (failures.attempts, failures.counted) == (3, 1)

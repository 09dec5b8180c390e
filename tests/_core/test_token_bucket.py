"""Protects the arithmetic of what may go at once and what has to wait."""

from __future__ import annotations

import pytest

from distilabel._core.token_bucket import TokenBucket


def test_it_holds_no_more_than_so_many_seconds_bring() -> None:
    bucket = TokenBucket(10.0, 2.0)
    bucket.fill(100.0)
    bucket.fill(200.0)
    assert bucket.level == 20.0
    assert bucket.is_full


def test_what_is_overdrawn_is_waited_for() -> None:
    bucket = TokenBucket(10.0)
    bucket.take(100.0, 30.0)
    assert bucket.wait(100.0) == pytest.approx(2.1)
    assert bucket.wait(102.1) == 0


def test_more_than_it_holds_may_be_put_in_once() -> None:
    bucket = TokenBucket(10.0)
    bucket.level = 25.0
    bucket.fill(100.0)
    bucket.fill(101.0)
    assert bucket.level == 25.0


def test_a_long_pause_fills_it_to_its_capacity_and_no_further() -> None:
    bucket = TokenBucket(10.0)
    bucket.take(100.0, 10.0)
    bucket.fill(100_000.0)
    assert bucket.level == bucket.capacity == 10.0
    assert bucket.is_full

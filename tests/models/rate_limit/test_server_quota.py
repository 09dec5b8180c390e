"""Protects the arithmetic of what an endpoint says it allows; the time is given."""

from __future__ import annotations

import pytest

from distilabel.models.rate_limit.server_quota import RESERVE, ServerQuota
from distilabel.models.wire.rate_limit_headers import RateLimits


def test_nothing_is_held_back_before_anything_is_told() -> None:
    quota = ServerQuota()
    quota.take(100.0, 1e9)
    assert quota.wait(100.0) == 0


def test_what_was_asked_since_is_subtracted_and_what_comes_back_added() -> None:
    quota = ServerQuota()
    # 61 of 100 are used and come back within 60 s: one a second, and rounding is allowed for. The
    # tenth of a second's worth that is kept back is a tenth of a question.
    quota.update(RateLimits("requests", 100, 39, 60), 10, 2.0, 100.0)
    for _ in range(30):
        assert quota.wait(100.0) == 0
        quota.take(100.0)
    assert quota.wait(100.0) == pytest.approx(RESERVE)
    assert quota.wait(100.0 + RESERVE) == 0


def test_it_never_gives_more_than_the_limit() -> None:
    quota = ServerQuota()
    quota.update(RateLimits("requests", 10, 0, 10), 0, 0.0, 100.0)
    went = 0
    while quota.wait(1000.0) == 0:
        quota.take(1000.0)
        went += 1
    assert went == 9


def test_one_that_needs_more_than_there_ever_is_waits_for_all_there_is() -> None:
    quota = ServerQuota()
    quota.update(RateLimits("tokens", 100, 0, 99), 0, 0.0, 100.0)
    assert quota.wait(100.0, 5000.0) == pytest.approx(100.0)


def test_a_limit_that_resets_at_once_holds_nothing_back() -> None:
    quota = ServerQuota()
    quota.update(RateLimits("requests", 10, 0, 0.0), 5, 0.0, 100.0)
    assert quota.wait(100.0) == 0


def test_how_fast_it_is_restored_is_not_taken_from_a_small_use() -> None:
    quota = ServerQuota()
    # Fifty of a hundred come back within five seconds.
    quota.update(RateLimits("requests", 100, 50, 5.0), 0, 0.0, 100.0)
    fast = quota.wait(100.0, 80.0)
    # One that is used comes back "within a second": rounded, it may be a tenth of that.
    quota.update(RateLimits("requests", 100, 99, 1.0), 0, 0.0, 200.0)
    quota.update(RateLimits("requests", 100, 50, 5.0), 0, 0.0, 300.0)
    quota.update(RateLimits("requests", 100, 98, 4.0), 49, 0.0, 400.0)
    assert quota.wait(400.0, 79.0) == pytest.approx(fast, abs=0.2)

"""Protects telling rejections for load from stray ones."""

from __future__ import annotations

import random

from distilabel.models.rate_limit.overload_detector import EXCESS, OverloadDetector, Verdict


def feed(
    detector: OverloadDetector, share: float, first: int, count: int, seed: int = 0
) -> set[Verdict]:
    """Records requests one after the other, each answered or rejected at once."""
    rng = random.Random(seed)
    seen = set()
    for number in range(first, first + count):
        verdict = detector.record(number, rng.random() < share, number)
        seen.add(verdict)
        if verdict not in (Verdict.NOTHING, Verdict.LOAD, Verdict.NOT_LOAD):
            detector.begin_trial(number, 1000.0, sure=True)
    return seen


def alarmed() -> tuple[OverloadDetector, int]:
    """Returns a detector that has just seen rejections in a row, and the next number."""
    detector = OverloadDetector()
    for number in range(1, int(EXCESS) + 2):
        verdict = detector.record(number, True, number)
    assert verdict is Verdict.SLOW_DOWN
    return detector, number + 1


def test_rejections_in_a_row_slow_it_down() -> None:
    detector, _ = alarmed()
    assert detector.share == 1.0


def test_an_occasional_rejection_does_not() -> None:
    detector = OverloadDetector()
    for number in range(1, 3000):
        assert detector.record(number, number % 50 == 0, number) is Verdict.NOTHING


def test_rejections_that_end_at_a_lower_rate_are_load_and_then_one_is_enough() -> None:
    detector, first = alarmed()
    detector.begin_trial(first - 1, 1000.0, sure=True)
    assert feed(detector, 0.0, first, 200) == {Verdict.NOTHING, Verdict.LOAD}
    assert detector.stray == 0
    assert detector.record(first + 300, True, first + 300) is Verdict.SLOW_DOWN


def test_rejections_that_go_on_at_a_lower_rate_are_stray_from_then_on() -> None:
    detector = OverloadDetector()
    seen = feed(detector, 0.1, 1, 2000)
    assert Verdict.NOT_LOAD in seen
    assert 0.03 < detector.stray < 0.25
    assert feed(detector, 0.1, 2001, 1000, seed=1) <= {Verdict.NOTHING, Verdict.NOT_LOAD}


def test_unless_the_rate_is_lower_for_sure_nothing_is_stray() -> None:
    detector, first = alarmed()
    for _ in range(5):
        detector.begin_trial(first - 1, 1000.0, sure=False)
        for number in range(first, first + 200):
            verdict = detector.record(number, number % 2 == 0, number)
            if verdict is not Verdict.NOTHING:
                break
        assert verdict in (Verdict.SLOW_DOWN_MORE, Verdict.SLOW_DOWN)
        first = number + 1


def test_when_nearly_all_are_rejected_it_slows_down_more_at_once() -> None:
    detector, first = alarmed()
    detector.begin_trial(first - 1, 1000.0, sure=True)
    verdicts = [detector.record(first + n, True, first + n) for n in range(3)]
    assert verdicts == [Verdict.NOTHING, Verdict.NOTHING, Verdict.SLOW_DOWN_MORE]


def test_requests_sent_before_a_trial_do_not_count() -> None:
    detector, first = alarmed()
    detector.begin_trial(first + 100, 1000.0, sure=True)
    for number in range(first, first + 100):
        assert detector.record(number, True, first + 100) is Verdict.NOTHING


def test_a_trial_ends_although_answers_take_long() -> None:
    detector, first = alarmed()
    detector.begin_trial(first - 1, 1000.0, sure=True)
    # Only earlier requests are answered, while many more are sent.
    assert detector.record(1, False, first + 10) is Verdict.NOTHING
    assert detector.record(2, False, first + 400) is Verdict.LOAD


def test_forgetting_ends_a_trial() -> None:
    detector, first = alarmed()
    detector.begin_trial(first, 1000.0, sure=True)
    detector.forget(first + 10)
    assert not detector.on_trial
    assert detector.record(first + 5, True, first + 10) is Verdict.NOTHING


def test_rejections_that_return_late_slow_it_down_only_once() -> None:
    """They were sent before the rate was reduced, and say nothing about the lower one."""
    detector, first = alarmed()
    detector.begin_trial(first + 50, 1000.0, sure=True)
    for number in range(first, first + 50):
        assert detector.record(number, True, first + 50) is Verdict.NOTHING
    # The share of the trial is that of the trial's own requests.
    assert detector.rejected == 0
    assert feed(detector, 0.0, first + 51, 200) == {Verdict.NOTHING, Verdict.LOAD}
    # One is enough from now on, but it must be a new one.
    assert not detector.on_trial
    for number in range(first, first + 60):
        assert detector.record(number, True, first + 260) is Verdict.NOTHING
    assert detector.record(first + 261, True, first + 261) is Verdict.SLOW_DOWN


def test_what_was_sent_before_an_outage_ended_does_not_count() -> None:
    detector = OverloadDetector()
    detector.forget(100)
    for number in range(1, 101):
        assert detector.record(number, True, 100) is Verdict.NOTHING
    assert detector.rejected == 0

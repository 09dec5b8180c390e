"""Protects telling refusals for load from stray ones."""

from __future__ import annotations

import random

from distilabel.models.rate_limit.overload_detector import EXCESS, OverloadDetector, Verdict


def feed(
    detector: OverloadDetector, share: float, first: int, count: int, seed: int = 0
) -> set[Verdict]:
    """Questions that are asked one after the other, each answered or refused at once."""
    rng = random.Random(seed)
    seen = set()
    for number in range(first, first + count):
        verdict = detector.record(number, rng.random() < share, number)
        seen.add(verdict)
        if verdict not in (Verdict.NOTHING, Verdict.LOAD, Verdict.NOT_LOAD):
            detector.begin_trial(number, 1000.0, sure=True)
    return seen


def alarmed() -> tuple[OverloadDetector, int]:
    """One that has just seen refusals in a row, and the number that comes next."""
    detector = OverloadDetector()
    for number in range(1, int(EXCESS) + 2):
        verdict = detector.record(number, True, number)
    assert verdict is Verdict.SLOW_DOWN
    return detector, number + 1


def test_refusals_in_a_row_are_a_reason_to_ask_less() -> None:
    detector, _ = alarmed()
    assert detector.share == 1.0


def test_a_refusal_now_and_then_is_none() -> None:
    detector = OverloadDetector()
    for number in range(1, 3000):
        assert detector.record(number, number % 50 == 0, number) is Verdict.NOTHING


def test_refusals_that_asking_less_ends_are_load_and_then_one_is_enough() -> None:
    detector, first = alarmed()
    detector.begin_trial(first - 1, 1000.0, sure=True)
    assert feed(detector, 0.0, first, 200) == {Verdict.NOTHING, Verdict.LOAD}
    assert detector.stray == 0
    assert detector.record(first + 300, True, first + 300) is Verdict.SLOW_DOWN


def test_refusals_that_asking_less_does_not_end_are_stray_from_then_on() -> None:
    detector = OverloadDetector()
    seen = feed(detector, 0.1, 1, 2000)
    assert Verdict.NOT_LOAD in seen
    assert 0.03 < detector.stray < 0.25
    assert feed(detector, 0.1, 2001, 1000, seed=1) <= {Verdict.NOTHING, Verdict.NOT_LOAD}


def test_without_being_sure_that_less_is_asked_nothing_is_stray() -> None:
    detector, first = alarmed()
    for _ in range(5):
        detector.begin_trial(first - 1, 1000.0, sure=False)
        for number in range(first, first + 200):
            verdict = detector.record(number, number % 2 == 0, number)
            if verdict is not Verdict.NOTHING:
                break
        assert verdict in (Verdict.SLOW_DOWN_MORE, Verdict.SLOW_DOWN)
        first = number + 1


def test_when_nearly_all_is_refused_still_less_is_asked_at_once() -> None:
    detector, first = alarmed()
    detector.begin_trial(first - 1, 1000.0, sure=True)
    verdicts = [detector.record(first + n, True, first + n) for n in range(3)]
    assert verdicts == [Verdict.NOTHING, Verdict.NOTHING, Verdict.SLOW_DOWN_MORE]


def test_what_was_asked_before_a_trial_says_nothing_about_it() -> None:
    detector, first = alarmed()
    detector.begin_trial(first + 100, 1000.0, sure=True)
    for number in range(first, first + 100):
        assert detector.record(number, True, first + 100) is Verdict.NOTHING


def test_a_trial_ends_though_answers_take_long() -> None:
    detector, first = alarmed()
    detector.begin_trial(first - 1, 1000.0, sure=True)
    # Only those of before are answered, while many are asked.
    assert detector.record(1, False, first + 10) is Verdict.NOTHING
    assert detector.record(2, False, first + 400) is Verdict.LOAD


def test_what_is_forgotten_ends_a_trial() -> None:
    detector, first = alarmed()
    detector.begin_trial(first, 1000.0, sure=True)
    detector.forget(first + 10)
    assert not detector.on_trial
    assert detector.record(first + 5, True, first + 10) is Verdict.NOTHING

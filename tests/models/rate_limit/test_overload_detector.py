"""Protects telling refusals for load from stray ones."""

from __future__ import annotations

import random

from distilabel.models.rate_limit.overload_detector import EXCESS, OverloadDetector, Verdict


def feed(
    strain: OverloadDetector, share: float, first: int, count: int, seed: int = 0
) -> set[Verdict]:
    """Questions that are asked one after the other, each answered or refused at once."""
    rng = random.Random(seed)
    seen = set()
    for ticket in range(first, first + count):
        verdict = strain.saw(ticket, rng.random() < share, ticket)
        seen.add(verdict)
        if verdict not in (Verdict.NOTHING, Verdict.LOAD, Verdict.NOT_LOAD):
            strain.begin_trial(ticket, 1000.0, sure=True)
    return seen


def alarmed() -> tuple[OverloadDetector, int]:
    """One that has just seen refusals in a row, and the ticket that comes next."""
    strain = OverloadDetector()
    for ticket in range(1, int(EXCESS) + 2):
        verdict = strain.saw(ticket, True, ticket)
    assert verdict is Verdict.ASK_LESS
    return strain, ticket + 1


def test_refusals_in_a_row_are_a_reason_to_ask_less() -> None:
    strain, _ = alarmed()
    assert strain.share == 1.0


def test_a_refusal_now_and_then_is_none() -> None:
    strain = OverloadDetector()
    for ticket in range(1, 3000):
        assert strain.saw(ticket, ticket % 50 == 0, ticket) is Verdict.NOTHING


def test_refusals_that_asking_less_ends_are_load_and_then_one_is_enough() -> None:
    strain, first = alarmed()
    strain.begin_trial(first - 1, 1000.0, sure=True)
    assert feed(strain, 0.0, first, 200) == {Verdict.NOTHING, Verdict.LOAD}
    assert strain.stray == 0
    assert strain.saw(first + 300, True, first + 300) is Verdict.ASK_LESS


def test_refusals_that_asking_less_does_not_end_are_stray_from_then_on() -> None:
    strain = OverloadDetector()
    seen = feed(strain, 0.1, 1, 2000)
    assert Verdict.NOT_LOAD in seen
    assert 0.03 < strain.stray < 0.25
    assert feed(strain, 0.1, 2001, 1000, seed=1) <= {Verdict.NOTHING, Verdict.NOT_LOAD}


def test_without_being_sure_that_less_is_asked_nothing_is_stray() -> None:
    strain, first = alarmed()
    for _ in range(5):
        strain.begin_trial(first - 1, 1000.0, sure=False)
        for ticket in range(first, first + 200):
            verdict = strain.saw(ticket, ticket % 2 == 0, ticket)
            if verdict is not Verdict.NOTHING:
                break
        assert verdict in (Verdict.TRY_LESS, Verdict.ASK_LESS)
        first = ticket + 1


def test_when_nearly_all_is_refused_still_less_is_asked_at_once() -> None:
    strain, first = alarmed()
    strain.begin_trial(first - 1, 1000.0, sure=True)
    verdicts = [strain.saw(first + n, True, first + n) for n in range(3)]
    assert verdicts == [Verdict.NOTHING, Verdict.NOTHING, Verdict.TRY_LESS]


def test_what_was_asked_before_a_trial_says_nothing_about_it() -> None:
    strain, first = alarmed()
    strain.begin_trial(first + 100, 1000.0, sure=True)
    for ticket in range(first, first + 100):
        assert strain.saw(ticket, True, first + 100) is Verdict.NOTHING


def test_a_trial_ends_though_answers_take_long() -> None:
    strain, first = alarmed()
    strain.begin_trial(first - 1, 1000.0, sure=True)
    # Only those of before are answered, while many are asked.
    assert strain.saw(1, False, first + 10) is Verdict.NOTHING
    assert strain.saw(2, False, first + 400) is Verdict.LOAD


def test_what_is_forgotten_ends_a_trial() -> None:
    strain, first = alarmed()
    strain.begin_trial(first, 1000.0, sure=True)
    strain.forget(first + 10)
    assert not strain.on_trial
    assert strain.saw(first + 5, True, first + 10) is Verdict.NOTHING

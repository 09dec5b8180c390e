"""Protects telling refusals for load from stray ones."""

from __future__ import annotations

import random

from distilabel.models.strain import TRIAL, Strain, Verdict


def feed(strain: Strain, share: float, count: int, start: int = 1, seed: int = 0) -> list[Verdict]:
    rng = random.Random(seed)
    return [strain.saw(start + number, rng.random() < share) for number in range(count)]


def test_stray_refusals_are_no_strain_whatever_the_chance() -> None:
    for seed in range(20):
        assert set(feed(Strain(), 0.05, 5000, seed=seed)) == {Verdict.NOTHING}


def test_refusals_that_asking_less_ends_are_load() -> None:
    strain = Strain()
    assert Verdict.ASK_LESS in feed(strain, 0.5, 64)
    strain.begin_trial(64, sure=True)
    assert feed(strain, 0.0, TRIAL, start=65)[-1] is Verdict.LOAD
    assert strain.stray < 0.1


def test_refusals_that_asking_less_does_not_end_are_stray_from_then_on() -> None:
    strain = Strain()
    for number in range(1, 65):
        strain.saw(number, number % 2 == 0)
    strain.begin_trial(64, sure=True)
    verdicts = [strain.saw(64 + number, number % 2 == 0) for number in range(1, TRIAL + 1)]
    assert verdicts[-1] is Verdict.NOT_LOAD
    assert set(feed(strain, 0.5, 1000, start=200)) == {Verdict.NOTHING}


def test_an_unsure_trial_never_says_that_it_is_not_load() -> None:
    strain = Strain()
    for number in range(1, 65):
        strain.saw(number, number % 2 == 0)
    strain.begin_trial(64, sure=False)
    verdicts = [strain.saw(64 + number, number % 2 == 0) for number in range(1, TRIAL + 1)]
    assert verdicts[-1] is Verdict.ASK_LESS


def test_when_nearly_all_is_refused_still_less_is_asked() -> None:
    strain = Strain()
    feed(strain, 1.0, 10)
    strain.begin_trial(10, sure=True)
    assert feed(strain, 1.0, TRIAL, start=11)[-1] is Verdict.ASK_LESS


def test_what_was_asked_before_a_trial_says_nothing_about_it() -> None:
    strain = Strain()
    strain.begin_trial(100, sure=True)
    assert set(feed(strain, 1.0, 100)) == {Verdict.NOTHING}
    assert feed(strain, 0.0, TRIAL, start=101)[-1] is Verdict.LOAD


def test_what_is_forgotten_ends_a_trial() -> None:
    strain = Strain()
    strain.begin_trial(10, sure=True)
    strain.forget(20)
    assert set(feed(strain, 0.0, 50, start=21)) == {Verdict.NOTHING}

"""Protects the spelling of faults and the shares in which they are drawn."""

import random
from collections import Counter
from typing import Any

import pytest

from distilabel._simulated.answers.faults import Faults


def test_faults_are_drawn_in_their_shares() -> None:
    faults = Faults.parse(["429=0.2", "drop=0.1"])
    rng = random.Random(0)
    counts = Counter(faults.draw(rng) for _ in range(10_000))
    assert counts["429"] == pytest.approx(2000, rel=0.1)
    assert counts["drop"] == pytest.approx(1000, rel=0.1)
    assert counts[None] == pytest.approx(7000, rel=0.1)


def test_a_share_of_1_spares_nothing() -> None:
    rng = random.Random(0)
    assert {Faults.parse({"empty": 1}).draw(rng) for _ in range(100)} == {"empty"}


@pytest.mark.parametrize(
    ("given", "message"),
    [
        (["429"], "NAME=SHARE"),
        (["429=often"], "NAME=SHARE"),
        (["200=0.1"], "400 to 599"),
        (["explode=0.1"], "drop, reset"),
        (["drop=1.5"], "from 0 to 1"),
        (["drop=nan"], "from 0 to 1"),
        (["drop=0.6", "429=0.6"], "more than 1"),
        (["drop=0.1", "drop=0.2"], "repeated"),
        ("drop=0.1", "list"),
        ({"drop": "x"}, "from 0 to 1"),
    ],
)
def test_bad_faults_are_named(given: Any, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        Faults.parse(given)

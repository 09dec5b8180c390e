"""Protects the spelling of latencies and the distributions they draw from."""

import random
import statistics

import pytest

from distilabel._simulated.answers.latency import Latency


@pytest.mark.parametrize("text", ["0.05", "constant:0.05"])
def test_constant_latency(text: str) -> None:
    assert Latency.parse(text).draw(random.Random(0)) == 0.05


def test_uniform_latency_stays_within_its_bounds() -> None:
    rng = random.Random(0)
    draws = [Latency.parse("uniform:0.1:0.3").draw(rng) for _ in range(1000)]
    assert 0.1 <= min(draws) < 0.12
    assert 0.28 < max(draws) <= 0.3


def test_lognormal_latency_has_its_median_and_its_cap() -> None:
    rng = random.Random(0)
    draws = [Latency.parse("lognormal:0.2:1.0:2").draw(rng) for _ in range(5000)]
    assert statistics.median(draws) == pytest.approx(0.2, rel=0.1)
    assert max(draws) == 2


@pytest.mark.parametrize("text", ["constant:0.5", "uniform:0.1:0.3", "lognormal:0.2:1.0:3.0"])
def test_latency_is_written_as_it_is_read(text: str) -> None:
    assert str(Latency.parse(text)) == text


@pytest.mark.parametrize(
    "text", ["", "fast", "-1", "nan", "uniform:0.1", "uniform:3:1", "lognormal:1", "gauss:1:2"]
)
def test_bad_latency_shows_the_right_form(text: str) -> None:
    with pytest.raises(ValueError, match=r"lognormal:0\.2:1\.0"):
        Latency.parse(text)

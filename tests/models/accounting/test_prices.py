"""Protects what answers are said to cost: by the provider, the user or the table, else unknown."""

from __future__ import annotations

from typing import Any

import pytest
from pydantic import ValidationError

from distilabel.models import OpenAILLM, SimulatedLLM
from distilabel.models.accounting.prices import Usage, price_of, reduced

USAGE = Usage(1_000_000, 500_000)


def llm(**fields: Any) -> OpenAILLM:
    return OpenAILLM(**{"model": "gpt-4o-mini", "api_key": "none", **fields})


def test_a_known_model_of_a_known_provider_is_in_the_table() -> None:
    price = price_of(llm(base_url="https://api.openai.com/v1"))
    full = price(USAGE)
    assert full is not None
    assert full > 0
    cached = price(USAGE._replace(cache_read=900_000))
    assert cached is not None
    assert cached < full


@pytest.mark.parametrize(
    ("model", "url"),
    [
        ("gpt-4o-mini", "http://127.0.0.1:8000/v1"),
        ("gpt-4o-mini", "http://gpu-server:8000/v1"),
        ("gpt-4o-mini", "https://llm.example.com/v1"),
        ("no-such-model", "https://api.openai.com/v1"),
    ],
)
def test_what_is_not_known_is_unknown(model: str, url: str) -> None:
    assert price_of(llm(model=model, base_url=url))(USAGE) is None


def test_a_price_that_is_given_goes_before_the_table() -> None:
    given = llm(base_url="https://api.openai.com/v1", price=(2, 10))
    assert price_of(given)(USAGE) == 2 + 5
    assert price_of(llm(base_url="http://127.0.0.1:1/v1", price=(0, 0)))(USAGE) == 0


def test_what_the_provider_charges_goes_before_everything() -> None:
    charged = USAGE._replace(cost=0.25)
    for url in ("https://api.openai.com/v1", "http://127.0.0.1:1/v1"):
        assert price_of(llm(base_url=url))(charged) == 0.25
    assert price_of(llm(price=(2, 10)))(charged) == 0.25


def test_what_the_provider_does_not_count_is_unknown() -> None:
    for fields in ({"base_url": "https://api.openai.com/v1"}, {"price": (1, 2)}):
        assert price_of(llm(**fields))(Usage(0, 0)) is None
    assert price_of(llm(price=(0, 0)))(Usage(0, 0)) == 0


def test_a_simulated_model_is_free_unless_it_is_given_a_price() -> None:
    assert price_of(SimulatedLLM())(USAGE) == 0
    assert price_of(SimulatedLLM(price=(1, 2)))(USAGE) == 2


def test_a_price_does_not_change_what_is_kept_and_is_in_the_dump() -> None:
    assert SimulatedLLM(price=(1, 2))._identity() == SimulatedLLM()._identity()
    assert "price" not in SimulatedLLM().dump()
    assert SimulatedLLM.from_dict(SimulatedLLM(price=(1, 2)).dump()).price == (1, 2)


def test_a_price_below_nothing_is_refused() -> None:
    with pytest.raises(ValidationError):
        SimulatedLLM(price=(-1, 2))


@pytest.mark.parametrize(
    ("statistics", "usage"),
    [
        (None, Usage(0, 0)),
        ({"input_tokens": 3, "output_tokens": [4, None, 5]}, Usage(3, 9)),
        ({"input_tokens": [8], "cache_read_tokens": [6], "cost": [0.5]}, Usage(8, 0, 6, 0, 0.5)),
        ({"cost": [0]}, Usage(0, 0, 0, 0, 0.0)),
        ({"cost": [None]}, Usage(0, 0)),
        ({"cost": ["free", -1]}, Usage(0, 0)),
        ({"cost": [None, "0.25"]}, Usage(0, 0, 0, 0, 0.25)),
    ],
)
def test_statistics_are_read_however_a_model_counts(statistics: Any, usage: Usage) -> None:
    assert Usage.of(statistics) == usage


def test_a_share_is_taken_of_a_price_and_not_of_what_the_provider_charged() -> None:
    half = reduced(price_of(llm(price=(2, 10))), 0.5)
    assert half(USAGE) == 3.5
    assert half(USAGE._replace(cost=0.25)) == 0.25
    assert half(Usage(0, 0)) is None

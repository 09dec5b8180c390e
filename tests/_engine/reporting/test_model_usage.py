"""Protects the counting of tokens and money per model."""

from __future__ import annotations

from distilabel._core.events import ResponseReceived, UnusableResponse
from distilabel._engine.reporting.model_usage import (
    ModelUsage,
    format_cost,
    format_total_cost,
    total_usage,
)


def usage(*events: ResponseReceived | UnusableResponse) -> ModelUsage:
    counted = ModelUsage()
    for event in events:
        counted.count(event)
    return counted


def test_a_reused_answer_costs_nothing_and_a_wasted_one_does() -> None:
    counted = usage(
        ResponseReceived("s", "m", 10, 5, 0.1, reused=True, cost=9.0),
        ResponseReceived("s", "m", 10, 5, 0.1, reused=False, cost=0.5, cached_tokens=4),
        UnusableResponse("s", "m", 7, 1, 0, 0.25, lost=False),
    )
    assert (counted.reused, counted.answered, counted.wasted) == (1, 1, 1)
    assert (counted.input_tokens, counted.cached_tokens, counted.output_tokens) == (17, 4, 6)
    assert counted.cost == 0.75


def test_a_lost_response_costs_the_most_it_can() -> None:
    counted = usage(
        UnusableResponse("s", "m", 0, 0, 0, 0.5, lost=True),
        UnusableResponse("s", "m", 0, 0, 0, 0.25, lost=True, given_up=True),
    )
    assert (counted.lost, counted.given_up, counted.lost_cost) == (2, 1, 0.75)
    assert (counted.cost, counted.known_cost) == (0.75, 0.0)
    assert counted.is_charged
    assert format_cost(counted) == "$0.7500"


def test_the_cost_of_a_lost_response_is_unknown_where_the_price_is() -> None:
    counted = usage(UnusableResponse("s", "m", 0, 0, 0, None, lost=True))
    assert counted.cost is None
    assert format_cost(counted) == "unknown"


def test_one_unknown_price_makes_the_total_unknown_and_names_the_model() -> None:
    known = usage(ResponseReceived("s", "a", 1, 1, 0.1, reused=False, cost=1.2))
    unknown = usage(ResponseReceived("s", "b", 1, 1, 0.1, reused=False))
    assert total_usage([known, unknown]).cost is None
    assert format_cost(unknown, "?") == "?"
    assert format_total_cost({"a": known, "b": unknown}) == "$1.20 + unknown for b"

"""Protects what is prepared before the first row: prices for a budget, and the window of rows."""

from __future__ import annotations

import pytest

from distilabel._engine.run.setup import check_prices, source_window
from distilabel.errors import DistilabelUserError
from distilabel.steps.base import _Step
from rooms import Ask, Echo, Fn, Numbers


def named(*steps: _Step) -> dict[str, _Step]:
    return {str(step.name): step for step in steps}


def test_models_without_a_price_are_listed_with_their_steps() -> None:
    priced, unpriced = Echo(price=(0.1, 0.2)), Echo()
    steps = named(Ask(name="known", llm=priced), Ask(name="unknown", llm=unpriced))
    with pytest.raises(DistilabelUserError, match=r"Unknown: echo \(in unknown\)\. "):
        check_prices(steps)


def test_free_models_and_steps_without_a_model_pass() -> None:
    check_prices(named(Numbers(), Ask(llm=Echo(price=(0, 0))), Fn()))


def test_the_window_grows_with_the_models_and_with_the_largest_batch() -> None:
    least = source_window(named(Numbers(), Fn(input_batch_size=10)))
    assert source_window(named(Numbers(), Fn(input_batch_size=least))) == 4 * least
    busy = [Ask(name=name, llm=Echo(max_concurrency=least)) for name in "ab"]
    assert source_window(named(*busy)) == 4 * least

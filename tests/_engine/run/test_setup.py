"""Protects what is prepared before the first row: prices for a budget, and the window of rows."""

from __future__ import annotations

from pathlib import Path

import pytest

from distilabel._engine.run.setup import check_prices, source_window
from distilabel.errors import DistilabelUserError
from distilabel.pipeline import Pipeline
from distilabel.steps.base import _Step
from rooms import Ask, Echo, Fn, Numbers


def steps(folder: Path, *others: _Step) -> dict[str, _Step]:
    with Pipeline(name="p", cache_dir=folder) as pipeline:
        last: _Step = Numbers(name="numbers")
        for step in others:
            last.connect(step)
            last = step
    return pipeline._steps


def test_models_without_a_price_are_listed_with_their_steps(tmp_path: Path) -> None:
    priced, unpriced = Echo(price=(0.1, 0.2)), Echo()
    made = steps(tmp_path, Ask(name="known", llm=priced), Ask(name="unknown", llm=unpriced))
    with pytest.raises(DistilabelUserError, match=r"Unknown: echo \(in unknown\)\. "):
        check_prices(made)


def test_free_models_and_steps_without_a_model_pass(tmp_path: Path) -> None:
    check_prices(steps(tmp_path, Ask(llm=Echo(price=(0, 0))), Fn()))


def test_the_window_grows_with_the_models_and_with_the_largest_batch(tmp_path: Path) -> None:
    least = source_window(steps(tmp_path, Fn(input_batch_size=10)))
    assert source_window(steps(tmp_path, Fn(input_batch_size=least))) == 4 * least
    busy = [Ask(name=name, llm=Echo(max_concurrency=least)) for name in "ab"]
    assert source_window(steps(tmp_path, *busy)) == 4 * least

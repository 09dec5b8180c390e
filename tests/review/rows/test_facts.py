"""Facts summarize lists of ratings, with gaps, and histograms lead to filters."""

from __future__ import annotations

import numpy as np

from distilabel.review.rows.facts import Facts
from reviewing import in_memory, preference_rows


def test_lists_are_summarized_and_gaps_are_left_out() -> None:
    table = in_memory([{"ratings": r} for r in ([1.0, 4.0], [None, 2.0], [], None, [None], [5.0])])
    facts = Facts(table, ("ratings",))
    assert facts.names == ["ratings.mean", "ratings.min", "ratings.max", "ratings.gap"]
    nan = np.nan
    np.testing.assert_equal(facts.numbers("ratings.gap"), [3, 0, nan, nan, nan, 0])
    np.testing.assert_equal(facts.numbers("ratings.mean"), [2.5, 2, nan, nan, nan, 5])
    np.testing.assert_equal(facts.numbers("ratings.max"), [4, 2, nan, nan, nan, 5])


def test_a_histogram_of_few_values_has_one_bar_for_each() -> None:
    facts = Facts(in_memory(preference_rows(9)), ("topic", "id", "ratings"))
    assert [(bar.label, bar.count) for bar in facts.histogram("topic")] == [
        ("birds", 3),
        ("mice", 3),
        ("night", 3),
    ]
    assert facts.histogram("topic")[1].filter == ("topic=mice",)
    mask = np.arange(9) < 4
    assert sum(bar.count for bar in facts.histogram("id", mask)) == 4


def test_the_bars_of_many_numbers_cover_all_rows_once() -> None:
    facts = Facts(in_memory([{"x": i / 7} for i in range(500)]), ("x",))
    bars = facts.histogram("x")
    assert sum(bar.count for bar in bars) == 500
    assert bars[-1].filter[1].startswith("x<=")

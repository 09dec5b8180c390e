"""`EmbeddingDedup`: which rows are near neighbors of others."""

from __future__ import annotations

from typing import Any

import pytest

from distilabel.errors import DistilabelUserError
from distilabel.steps.filtering.embedding import EmbeddingDedup


def kept(*neighbors: Any, **fields: Any) -> list[Any]:
    step = EmbeddingDedup(**fields)
    step.load()
    rows = [{"nn_indices": indices, "nn_scores": scores} for indices, scores in neighbors]
    return [row["keep_row_after_embedding_filtering"] for row in next(step.process(rows))]


def test_both_rows_of_a_pair_are_marked() -> None:
    assert kept(([1], [0.95]), ([0], [0.95]), ([0], [0.5])) == [False, False, True]


def test_the_threshold_itself_is_no_duplicate() -> None:
    assert kept(([1], [0.9]), ([0], [0.9])) == [True, True]
    assert kept(([1], [0.3]), ([0], [0.1]), threshold=0.2) == [True, False]


def test_every_neighbor_counts() -> None:
    assert kept(([1, 2], [0.95, 0.91]), ([], []), ([1], [0.2])) == [True, False, False]


def test_a_row_without_neighbors_is_not_decided() -> None:
    assert kept(([2], [1.0]), (None, None), ([0], [1.0])) == [False, None, False]
    assert kept() == []


@pytest.mark.parametrize(
    ("neighbors", "message"),
    [
        ([([0], [1.0, 2.0])], "1 nn_indices and 2 nn_scores"),
        ([([5], [1.0])], "nn_indices contains 5, and there are 1 rows"),
        ([([-1], [1.0])], "nn_indices contains -1"),
        ([("a", [1.0])], "'nn_indices' contains a str"),
    ],
)
def test_wrong_values_are_refused(neighbors: Any, message: str) -> None:
    with pytest.raises(DistilabelUserError, match=message):
        kept(*neighbors)

"""`DeitaFiltering`: scores, distances, the budget, and many rows."""

from __future__ import annotations

import logging
import random
from typing import Any

import numpy as np
import pytest

from distilabel.errors import DistilabelUserError
from distilabel.steps import deita
from distilabel.steps.deita import DeitaFiltering


def row(complexity: Any, quality: Any, *embedding: float) -> dict[str, Any]:
    return {
        "evol_instruction_score": complexity,
        "evol_response_score": quality,
        "embedding": list(embedding),
    }


def kept(rows: list[dict[str, Any]], **fields: Any) -> list[dict[str, Any]]:
    step = DeitaFiltering(**{"data_budget": 10, **fields})
    step.load()
    return next(step.process(rows))


def test_the_best_rows_that_differ_are_kept() -> None:
    rows = [row(1, 4, 1, 0), row(2, 3, 0, 1), row(0.5, None, -1, 0), row(None, 9, 1, 0.05)]
    done = kept(rows, data_budget=2)
    assert [r["deita_score"] for r in done] == [6, 0.5]
    assert [r["deita_score_computed_with"] for r in done] == [
        ["evol_instruction_score", "evol_response_score"],
        ["evol_instruction_score"],
    ]
    assert done[0]["nearest_neighbor_distance"] == pytest.approx(0.950062, abs=1e-6)


@pytest.mark.parametrize(
    ("scores", "score", "message"),
    [
        ((0, 3), 3, "evol_instruction_score is missing or 0"),
        ((None, None), 0, "evol_instruction_score and evol_response_score are missing or 0"),
    ],
)
def test_a_missing_score_is_reported(
    scores: Any, score: float, message: str, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.WARNING):
        done = kept([row(*scores, 1, 0), row(1, 1, 0, 1)])
    assert {r["deita_score"] for r in done} == {score, 1}
    assert message in caplog.text


def test_other_distances() -> None:
    rows = [row(1, 2, 1, 0), row(1, 1, 0, 3)]
    done = kept(rows, distance_metric="manhattan", normalize_embeddings=False)
    assert [r["nearest_neighbor_distance"] for r in done] == [4, 4]
    done = kept(rows, distance_metric="manhattan")
    assert [r["nearest_neighbor_distance"] for r in done] == [2, 2]
    assert kept([row(1, 1, 0, 0), row(1, 1, 1, 0)])[0]["nearest_neighbor_distance"] == 1


def test_a_single_row_and_none() -> None:
    (single,) = kept([row(1, 1, 1, 0)])
    assert single["nearest_neighbor_distance"] is None
    assert kept([]) == []


@pytest.mark.parametrize("metric", ["cosine", "manhattan"])
def test_distances_in_blocks_are_those_of_the_whole(
    metric: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    rng = random.Random(1)
    rows = [row(1, 1, *(rng.gauss(0, 1) for _ in range(4))) for _ in range(50)]
    monkeypatch.setattr(deita, "_MOST_DISTANCES", 400)
    done = kept(rows, distance_metric=metric, diversity_threshold=-1, data_budget=50)
    vectors = np.array([r["embedding"] for r in done])
    vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
    for index, each in enumerate(done):
        others = np.delete(vectors, index, axis=0)
        distances = (
            1 - others @ vectors[index]
            if metric == "cosine"
            else np.abs(others - vectors[index]).sum(axis=1)
        )
        assert each["nearest_neighbor_distance"] == pytest.approx(distances.min())


@pytest.mark.parametrize(
    ("rows", "fields", "message"),
    [
        ([row(1, 1, 1)], {"data_budget": None}, "`data_budget` is required"),
        ([row("a", 1, 1)], {}, "'evol_instruction_score' contains a str"),
        ([row(1, 1, 1), row(1, 1, 1, 2)], {}, "'embedding' contains a list"),
        ([row(1, 1), row(1, 1)], {}, "'embedding' contains a list"),
    ],
)
def test_wrong_values_are_refused(rows: Any, fields: dict[str, Any], message: str) -> None:
    with pytest.raises(DistilabelUserError, match=message):
        kept(rows, **fields)

"""The example that cleans pairs, over the simulated endpoint."""

from __future__ import annotations

import runpy
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from distilabel._simulated.server.settings import Settings
from distilabel.models import OpenAILLM
from endpoint import Endpoint

EXAMPLE = Path(__file__).parents[2] / "examples" / "orca_pairs.py"


@pytest.fixture
def endpoint() -> Iterator[Endpoint]:
    endpoint = Endpoint(Settings())
    yield endpoint
    endpoint.close()


@pytest.fixture
def example(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> dict[str, Any]:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("HOME", str(tmp_path))
    return runpy.run_path(str(EXAMPLE))


def test_pairs_are_judged_in_a_shuffled_order_and_corrected(
    example: dict[str, Any], endpoint: Endpoint
) -> None:
    llm = OpenAILLM(model="judge", base_url=endpoint.url, api_key="none")
    pairs = example["PAIRS"]
    leaked = [pairs[0]["question"].upper() + " "]
    distiset = example["orca_pairs"](llm, pairs, leaked).run(use_cache=False)
    rows = list(distiset["default"]["train"])
    assert endpoint.asked() == len(pairs)
    assert 0 < len(rows) < len(pairs)
    assert {row["status"] for row in rows} == {"unchanged", "swapped"}
    assert {tuple(row["order"]) for row in rows} == {("chosen", "rejected"), ("rejected", "chosen")}
    assert pairs[0]["question"] not in {row["question"] for row in rows}
    for row in rows:
        ratings = dict(zip(row["generations"], row["rating"], strict=True))
        assert ratings[row["chosen"]] == row["chosen_score"] > ratings[row["rejected"]]
        assert row["labelling_model"] == "judge"
        swapped = row["chosen"] != row["original_chosen"]
        assert row["status"] == ("swapped" if swapped else "unchanged")


def test_ties_and_pairs_without_ratings_are_no_pairs(example: dict[str, Any]) -> None:
    pair = {"chosen": "a", "rejected": "b", "order": ["rejected", "chosen"], "question": "q"}
    correct = example["CorrectPair"]()
    ratings = [[3, 3], [1, None], None, [4, 2]]
    rows = next(correct.process([{**pair, "rating": rating} for rating in ratings]))
    assert [row["status"] for row in rows] == ["tie", "unrated", "unrated", "swapped"]
    assert [row["chosen_score"] for row in rows] == [3, 1, None, 4]
    remove = example["RemovePairs"](leaked=[])
    assert len(next(remove.process(rows))) == 1

"""The example that makes a preference dataset with two judges, over the simulated endpoint."""

from __future__ import annotations

import runpy
from pathlib import Path
from typing import Any

import pytest

from distilabel._simulated.server.settings import Settings
from distilabel.models import OpenAILLM
from endpoint import Endpoint

EXAMPLE = Path(__file__).parents[2] / "examples" / "preference_dataset.py"


@pytest.fixture
def example(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> dict[str, Any]:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("HOME", str(tmp_path))
    return runpy.run_path(str(EXAMPLE))


def test_both_judges_rate_both_answers(example: dict[str, Any]) -> None:
    endpoint = Endpoint(Settings())
    try:
        llms = [
            OpenAILLM(model=model, base_url=endpoint.url, api_key="none")
            for model in ("small", "large", "judge", "other")
        ]
        distiset = example["preference_dataset"](*llms, rows=example["PROMPTS"]).run(
            use_cache=False
        )
        asked = endpoint.asked()
    finally:
        endpoint.close()
    rows = list(distiset["default"]["train"])
    assert len(rows) == len(example["PROMPTS"])
    assert asked == 4 * len(rows)
    for row, given in zip(rows, example["PROMPTS"], strict=True):
        assert row["instruction"] == given["prompt"]
        assert row["generation_models"] == ["small", "large"]
        assert len(set(row["generations"])) == 2
        assert (row["judge_model"], row["other_judge_model"]) == ("judge", "other")
        assert all(1 <= each <= 5 for each in row["ratings"] + row["other_ratings"])
    found = example["compare"](rows)
    assert (found["ratings"], found["pairs"]) == (2 * len(rows), len(rows))
    # The simulated judges rate by the text, with some noise.
    assert 0 < found["same"] < 1
    assert found["kappa"] > 0.2


def test_judges_are_compared_on_what_both_rated(example: dict[str, Any]) -> None:
    pairs = [([5, 1], [4, 2]), ([5, 1], [2, 2]), ([3, 3], [1, 1]), ([4, None], [4, 3]), (None, [1])]
    rows = [{"ratings": one, "other_ratings": other} for one, other in pairs]
    found = example["compare"](rows)
    assert (found["ratings"], found["pairs"]) == (7, 3)
    assert found["same"] == pytest.approx(1 / 7)
    assert found["same_preference"] == pytest.approx(2 / 3)
    assert example["compare"](rows[3:]) == {"ratings": 1, "pairs": 0}

"""The example that makes questions for GRPO, over the simulated endpoint."""

from __future__ import annotations

import runpy
from pathlib import Path

import pytest

from distilabel._simulated.server.settings import Settings
from distilabel.models import OpenAILLM
from endpoint import Endpoint

EXAMPLE = Path(__file__).parents[2] / "examples" / "verifiable_questions.py"


def test_only_questions_that_are_answered_right_sometimes_are_kept(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("HOME", str(tmp_path))
    example = runpy.run_path(str(EXAMPLE))
    endpoint = Endpoint(Settings())
    try:
        writer, llm = (
            OpenAILLM(model=name, base_url=endpoint.url, api_key="none")
            for name in ("writer", "student")
        )
        pipeline = example["verifiable_questions"](writer, llm, example["TEXTS"][:4], k=6)
        distiset = pipeline.run(use_cache=False)
    finally:
        endpoint.close()
    rows = list(distiset["default"]["train"])
    assert distiset.report.steps["pass_rate"].taken == 16
    assert 0 < len(rows) < 16
    assert all(list(row) == example["COLUMNS"] for row in rows)
    assert all(0 < row["pass_rate"] < 1 and row["pass_k"] == 6 for row in rows)
    assert len({row["pass_rate"] for row in rows}) > 1
    assert example["mistakes"](rows) == []
    wrong = [{"ground_truth": "7.", "verifier": "exact"}]
    assert example["mistakes"](wrong), "an audit that finds nothing audits nothing"

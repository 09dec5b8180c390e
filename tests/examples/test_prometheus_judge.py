"""The example with Prometheus, over the simulated endpoint."""

from __future__ import annotations

import runpy
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from distilabel._simulated.server.settings import Settings
from distilabel.models import OpenAILLM
from endpoint import Endpoint

EXAMPLE = Path(__file__).parents[2] / "examples" / "prometheus_judge.py"


@pytest.fixture
def endpoint() -> Iterator[Endpoint]:
    endpoint = Endpoint(Settings())
    yield endpoint
    endpoint.close()


@pytest.fixture
def llm(endpoint: Endpoint) -> OpenAILLM:
    return OpenAILLM(
        model="prometheus-eval/prometheus-7b-v2.0", base_url=endpoint.url, api_key="none"
    )


@pytest.fixture
def example(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> dict[str, Any]:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("HOME", str(tmp_path))
    return runpy.run_path(str(EXAMPLE))


PARAMETERS = {"task": {"llm": {"generation_kwargs": {"max_new_tokens": 512, "temperature": 0.7}}}}


def test_answers_are_graded(example: dict[str, Any], llm: OpenAILLM, endpoint: Endpoint) -> None:
    rows = [{"prompt": f"Question {n}?", "completion": f"Answer {n}."} for n in range(20)]
    distiset = example["absolute"](llm, rows).run(parameters=PARAMETERS, use_cache=False)
    graded = distiset["default"]["train"]
    columns = ["instruction", "generation", "feedback", "result", "model_name"]
    assert graded.column_names == columns
    assert len(graded) == endpoint.asked() == 20
    assert set(graded["result"]) <= {1, 2, 3, 4, 5}
    assert len(set(graded["result"])) > 1
    assert set(graded["model_name"]) == {"prometheus-eval/prometheus-7b-v2.0"}


@pytest.mark.parametrize("reference", [True, False])
def test_answers_are_compared(example: dict[str, Any], llm: OpenAILLM, reference: bool) -> None:
    pipeline = example["relative"](llm, example["PAIRS"], reference)
    distiset = pipeline.run(parameters=PARAMETERS, use_cache=False)
    compared = distiset["default"]["train"]
    assert len(compared) == 2
    assert set(compared["result"]) <= {"A", "B"}
    assert all(compared["feedback"])

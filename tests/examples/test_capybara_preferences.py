"""The example that rates answers in conversations, over the simulated endpoint."""

from __future__ import annotations

import runpy
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from distilabel._simulated.server.settings import Settings
from distilabel.models import OpenAILLM
from endpoint import Endpoint

EXAMPLE = Path(__file__).parents[2] / "examples" / "capybara_preferences.py"


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


def test_four_answers_to_each_conversation_are_rated(
    example: dict[str, Any], endpoint: Endpoint
) -> None:
    def llm(model: str) -> OpenAILLM:
        return OpenAILLM(model=model, base_url=endpoint.url, api_key="none")

    conversations = example["CONVERSATIONS"]
    llms = {name: llm(model) for name, model in example["MODELS"].items()}
    pipeline = example["capybara_preferences"](llms, llm("judge"), conversations)
    rows = list(pipeline.run(use_cache=False)["default"]["train"])
    assert endpoint.asked() == 4 * len(conversations)
    assert len(rows) == len(conversations)
    for row, given in zip(rows, conversations, strict=True):
        turns = given["conversation"]
        assert [message["role"] for message in row["messages"]] == ["user", "assistant", "user"]
        assert row["messages"][-1]["content"] == turns[-1]["input"]
        # The original answer is one of the four, under its own name.
        answers = dict(zip(row["generation_models"], row["generations"], strict=True))
        assert set(answers) == {"original", *example["MODELS"].values()}
        assert answers["original"] == turns[-1]["output"]
        assert [rating in range(1, 6) for rating in row["ratings"]] == [True] * 4
        assert all(row["rationales"])
        assert row["ultrafeedback_model"] == "judge"


def test_the_judge_sees_the_whole_conversation(example: dict[str, Any]) -> None:
    rows = [{"conversation": [{"input": " a ", "output": "b"}, {"input": "c", "output": "d"}]}]
    formatted = next(example["FormatMessages"]().process([*rows, {"conversation": []}]))
    (row,) = next(example["PrepareInstruction"]().process(formatted))
    assert row["instruction"] == "User: a\n\nAssistant: b\n\nUser: c"
    assert row["original_generation"] == "d"

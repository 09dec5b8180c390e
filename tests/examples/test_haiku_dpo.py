"""The example that makes haiku, over the simulated endpoint, and its rule for syllables."""

from __future__ import annotations

import runpy
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from distilabel._simulated.server.settings import Settings
from distilabel.models import OpenAILLM
from endpoint import Endpoint

EXAMPLE = Path(__file__).parents[2] / "examples" / "haiku_dpo.py"

pytest.importorskip("syllables", reason="the example counts syllables with it")


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


def test_topics_become_prompts_poems_and_pairs(example: dict[str, Any], endpoint: Endpoint) -> None:
    llm = OpenAILLM(model="poet", base_url=endpoint.url, api_key="none")
    topics = {"nature": ["tide pools", "owls at dawn"], "city": ["the last bus"]}
    distiset = example["haiku_dpo"](llm, topics, num_instructions=15).run(use_cache=False)
    assert sorted(distiset) == ["pairs", "prompts", "scored"]
    prompts = list(distiset["prompts"]["train"])
    asked = [row["instruction"] for row in prompts]
    assert 10 < len(asked) == len({prompt.lower() for prompt in asked}) <= 45
    assert {row["topic_list"] for row in prompts} == {"nature", "city"}

    scored = list(distiset["scored"]["train"])
    pairs = list(distiset["pairs"]["train"])
    assert [row["instruction"] for row in pairs] == [row["instruction"] for row in scored] == asked
    assert {len(row["generations"]) for row in scored} == {20}
    for row, pair in zip(scored, pairs, strict=True):
        scores = dict(zip(row["generations"], row["scores"], strict=True))
        assert pair["chosen_score"] == scores[pair["chosen"]] == max(row["scores"])
        assert pair["rejected_score"] == scores[pair["rejected"]] == min(row["scores"])
        assert pair["difference_in_score"] == pair["chosen_score"] - pair["rejected_score"]
        assert pair["tie"] == (pair["difference_in_score"] == 0)
    assert not all(pair["tie"] for pair in pairs)


@pytest.mark.parametrize(
    ("poem", "score"),
    [
        ("An old silent pond\nA frog jumps into the pond\nSplash! Silence again", 4),
        ("An old silent pond\n\nA frog jumps into the pond\n\nSplash! Silence again\n", 4),
        # One or two syllables: either reading will do.
        ("The fire is burning\nA frog jumps into the pond\nThe fire is burning low", 3),
        ("An old pond\nA frog jumps into the pond\nSplash! Silence again", 3),
        ("one\ntwo\nthree", 1),
        ("An old silent pond", 0),
        ("", 0),
        (None, None),
    ],
)
def test_the_score_of_a_poem(example: dict[str, Any], poem: str | None, score: int | None) -> None:
    assert example["haiku_score"](poem) == score


def test_a_word_outside_of_the_dictionary_is_estimated(example: dict[str, Any]) -> None:
    assert example["syllable_counts"]("fire") == {1, 2}
    assert example["syllable_counts"]("zzblorbanizing") == {4}

"""The example that makes conversations with simulated users, over the simulated endpoint."""

from __future__ import annotations

import runpy
from itertools import combinations
from pathlib import Path

import pytest

from distilabel._simulated.server.settings import Settings
from distilabel.models import OpenAILLM
from endpoint import Endpoint

EXAMPLE = Path(__file__).parents[2] / "examples" / "simulated_users.py"


def test_every_pair_of_traits_talks(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("HOME", str(tmp_path))
    example = runpy.run_path(str(EXAMPLE))
    endpoint = Endpoint(Settings())
    try:
        llm, user = (
            OpenAILLM(model=name, base_url=endpoint.url, api_key="none")
            for name in ("assistant", "user")
        )
        distiset = example["simulated_users"](llm, user).run(use_cache=False)
        asked = endpoint.asked()
    finally:
        endpoint.close()
    rows = list(distiset["default"]["train"])
    traits = example["TRAITS"]
    for first, second in combinations(traits, 2):
        pairs = {(row[first], row[second]) for row in rows}
        assert len(pairs) == len(traits[first]) * len(traits[second])
    messages = sum(len(row["conversation"]) for row in rows)
    # The last message of a user who ends the conversation is not part of it.
    assert asked == messages + sum(row["ended_by_user"] for row in rows)
    assert {row["user_model_name"] for row in rows} == {"user"}
    for row in rows:
        assert row["persona"] == f"A {row['job']} who {row['knowledge']} and {row['manner']}."
        assert row["conversation"][-1]["role"] == "assistant"

"""`MlxLLM` on the real engine, with a tiny model; on Linux it runs on the CPU.

Run by `make test-engines`. Skipped where MLX is not installed.
"""

from __future__ import annotations

import importlib.util
import json
from collections.abc import Iterator
from typing import Any

import pytest

from distilabel.errors import DistilabelUserError
from distilabel.models import MlxLLM

pytestmark = [
    pytest.mark.skipif(
        any(importlib.util.find_spec(name) is None for name in ("mlx", "mlx_lm", "torch")),
        reason="mlx-lm is not installed, or torch, which writes the tiny model",
    ),
    pytest.mark.timeout(900),
]

HELLO: Any = [{"role": "user", "content": "Hello"}]
SCHEMA = {
    "type": "object",
    "properties": {"a": {"type": "integer", "minimum": 1, "maximum": 5}},
    "required": ["a"],
    "additionalProperties": False,
}


@pytest.fixture(scope="module")
def llm(model: str) -> Iterator[MlxLLM]:
    llm = MlxLLM(path_or_hf_repo=model)
    llm.load()
    yield llm
    llm.unload()


def test_texts_are_generated_together_and_counted(llm: MlxLLM) -> None:
    inputs: Any = [HELLO, "A longer text to complete", HELLO]
    found = llm.generate(inputs, num_generations=2, max_tokens=8)
    assert [len(output["generations"]) for output in found] == [2, 2, 2]
    assert found[0]["statistics"]["output_tokens"] == [8, 8]
    # Greedy: equal questions have equal answers, whatever is beside them.
    assert found[0]["generations"] == found[2]["generations"]


def test_sampled_texts_differ(llm: MlxLLM) -> None:
    options: Any = {"temp": 1.0, "top_p": 0.95, "min_p": 0.01, "top_k": 50, "max_tokens": 8}
    (output,) = llm.generate([HELLO], num_generations=2, **options)
    assert len(set(output["generations"])) == 2


@pytest.mark.parametrize("kv_bits", [None, 8])
def test_rows_with_and_without_a_structure_are_generated_together(
    llm: MlxLLM, kv_bits: int | None
) -> None:
    json_row: Any = (HELLO, {"format": "json", "schema": SCHEMA})
    regex_row: Any = (HELLO, {"format": "regex", "schema": "[ab]{3}"})
    found = llm.generate([json_row, regex_row, HELLO], max_tokens=30, kv_bits=kv_bits)
    texts = [output["generations"][0] or "" for output in found]
    assert json.loads(texts[0])["a"] in range(1, 6)
    assert len(texts[1]) == 3
    assert set(texts[1]) <= {"a", "b"}


def test_a_model_that_is_not_found_is_one_message(tmp_path: Any) -> None:
    with pytest.raises(DistilabelUserError, match="the model cannot be loaded"):
        MlxLLM(path_or_hf_repo=str(tmp_path)).load()

"""`LlamaCppLLM` on the GGUF file of `DISTILABEL_TEST_GGUF`; run by `make test-engines`."""

from __future__ import annotations

import importlib.util
import json
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from distilabel.errors import DistilabelUserError
from distilabel.models import LlamaCppLLM

pytestmark = pytest.mark.skipif(
    importlib.util.find_spec("llama_cpp") is None or not os.environ.get("DISTILABEL_TEST_GGUF"),
    reason="llama-cpp-python is not installed, or DISTILABEL_TEST_GGUF is not set",
)

HELLO: Any = [{"role": "user", "content": "Hello"}]
SCHEMA = {
    "type": "object",
    "properties": {"a": {"type": "integer", "minimum": 1, "maximum": 5}},
    "required": ["a"],
    "additionalProperties": False,
}


@pytest.fixture(scope="module")
def llm() -> Iterator[LlamaCppLLM]:
    llm = LlamaCppLLM(model_path=Path(os.environ["DISTILABEL_TEST_GGUF"]))
    llm.load()
    yield llm
    llm.unload()


def test_answers_follow_their_structure(llm: LlamaCppLLM) -> None:
    row: Any = (HELLO, {"format": "json", "schema": SCHEMA})
    text = llm.generate([row], max_new_tokens=30)[0]["generations"][0] or ""
    assert json.loads(text)["a"] in range(1, 6)


def test_generations_differ_and_are_counted(llm: LlamaCppLLM) -> None:
    output = llm.generate([HELLO], num_generations=2, max_new_tokens=8)[0]
    assert len(set(output["generations"])) == 2
    assert len(output["statistics"]["output_tokens"]) == 2


def test_a_file_that_is_not_a_model_is_one_message(tmp_path: Path) -> None:
    path = tmp_path / "no.gguf"
    path.write_bytes(b"no model")
    with pytest.raises(DistilabelUserError, match=r"llama\.cpp cannot load the file"):
        LlamaCppLLM(model_path=path).load()

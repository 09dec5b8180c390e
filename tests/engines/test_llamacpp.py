"""`LlamaCppLLM` and `LlamaCppEmbeddings` on the real engine, with a tiny model.

Run by `make test-engines`. `DISTILABEL_TEST_GGUF` names another GGUF file to run them on.
"""

from __future__ import annotations

import importlib.util
import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from distilabel.errors import DistilabelUserError
from distilabel.models import LlamaCppEmbeddings, LlamaCppLLM

pytestmark = [
    pytest.mark.skipif(
        importlib.util.find_spec("llama_cpp") is None,
        reason="llama-cpp-python is not installed: pip install 'distilabel[llama-cpp]'",
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
def path(tmp_path_factory: pytest.TempPathFactory) -> Path:
    named = os.environ.get("DISTILABEL_TEST_GGUF")
    if named:
        return Path(named)
    pytest.importorskip("gguf")
    written = tmp_path_factory.mktemp("model") / "tiny.gguf"
    script = Path(__file__).with_name("tiny_gguf.py")
    subprocess.run([sys.executable, str(script), str(written)], check=True)
    return written


@pytest.fixture(scope="module")
def llm(path: Path) -> Iterator[LlamaCppLLM]:
    llm = LlamaCppLLM(model_path=path)
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


def test_a_seed_repeats_an_answer(llm: LlamaCppLLM) -> None:
    options: Any = {"max_new_tokens": 8, "extra_generation_kwargs": {"seed": 7}}
    one, two = (llm.generate([HELLO], **options)[0]["generations"] for _ in range(2))
    assert one == two


def test_texts_become_vectors(path: Path) -> None:
    embeddings = LlamaCppEmbeddings(
        model=path.name,
        model_path=str(path.parent),
        normalize_embeddings=True,
        extra_kwargs={"pooling_type": 1},
    )
    embeddings.load()
    try:
        texts = [f"text {number}" for number in range(20)]
        vectors = embeddings.encode([*texts, "", texts[3]])
    finally:
        embeddings.unload()
    assert len(vectors) == 22
    assert [sum(x * x for x in vector) for vector in vectors] == pytest.approx([1] * 22, abs=1e-3)
    # Its vector does not depend on the texts beside it.
    assert vectors[21] == pytest.approx(vectors[3], abs=1e-3)


def test_a_model_without_a_pooling_says_so(path: Path) -> None:
    embeddings = LlamaCppEmbeddings(model=path.name, model_path=str(path.parent))
    with pytest.raises(DistilabelUserError, match="choose a pooling"):
        embeddings.load()

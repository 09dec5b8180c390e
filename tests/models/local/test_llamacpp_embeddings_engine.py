"""`LlamaCppEmbeddingsEngine` on a stand-in for llama_cpp: files that cannot be used."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from distilabel.errors import DistilabelUserError
from distilabel.models.local.llamacpp_embeddings_engine import LlamaCppEmbeddingsEngine
from models.local.worker_packages import ask, use_stand_ins

MEAN: Any = {"pooling_type": 1}


@pytest.fixture(autouse=True)
def _stand_ins(monkeypatch: pytest.MonkeyPatch) -> None:
    use_stand_ins(monkeypatch)


def engine(path: Path | None, arguments: Any = MEAN) -> LlamaCppEmbeddingsEngine:
    return LlamaCppEmbeddingsEngine(
        path=None if path is None else str(path),
        repo="owner/no-such-repository",
        file="m.gguf",
        arguments=arguments,
        subject="LlamaCppEmbeddings(m.gguf)",
        note=lambda name, value: None,
    )


def test_lists_of_texts_are_answered_one_by_one(tmp_path: Path) -> None:
    path = tmp_path / "m.gguf"
    path.touch()
    made = engine(path)
    made.start()
    found = ask(made, "encode", [(["a", ""], True), (["abc"], False)])
    assert found == [[[1, 1], [1, 1]], [[3, 2]]]


@pytest.mark.parametrize(
    ("name", "arguments", "text"),
    [
        ("no.gguf", MEAN, "does not exist"),
        ("broken.gguf", MEAN, r"llama\.cpp cannot load the file"),
        ("m.gguf", {}, r"choose a pooling, like extra_kwargs=\{'pooling_type': 1\}"),
    ],
)
def test_a_file_that_cannot_be_used_is_one_message(
    tmp_path: Path, name: str, arguments: Any, text: str
) -> None:
    for exists in ("m.gguf", "broken.gguf"):
        (tmp_path / exists).touch()
    with pytest.raises(DistilabelUserError, match=rf"^LlamaCppEmbeddings\(m.gguf\): .*{text}"):
        engine(tmp_path / name, arguments).start()


def test_a_repository_that_cannot_be_reached_is_one_message() -> None:
    # Tests are offline.
    with pytest.raises(DistilabelUserError, match="cannot be downloaded from owner/no-such"):
        engine(None).start()

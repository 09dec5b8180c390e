"""`LlamaCppEmbeddings` on a stand-in for llama_cpp in its worker process."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from distilabel.errors import DistilabelUserError
from distilabel.models import LlamaCppEmbeddings
from models.local.worker_packages import use_stand_ins

MEAN: Any = {"pooling_type": 1}


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    use_stand_ins(monkeypatch)
    for name in ("m.gguf", "broken.gguf"):
        (tmp_path / name).touch()
    return str(tmp_path)


def test_texts_become_vectors_in_their_order(folder: str) -> None:
    model = LlamaCppEmbeddings(
        model="m.gguf", model_path=folder, normalize_embeddings=True, extra_kwargs=MEAN
    )
    assert model.model_name == "m.gguf"
    model.load()
    try:
        assert model.encode(["a", "", "abc"]) == [[1, 1], [1, 1], [3, 1]]
        model.normalize_embeddings = False
        assert model.encode(["a"]) == [[1, 2]]
    finally:
        model.unload()


def test_without_a_folder_or_a_repository_nothing_is_started() -> None:
    with pytest.raises(DistilabelUserError, match="model_path and repo_id are missing"):
        LlamaCppEmbeddings(model="m.gguf").load()

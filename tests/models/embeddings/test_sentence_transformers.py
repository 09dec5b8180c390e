"""`SentenceTransformerEmbeddings` on a stand-in for sentence_transformers in its worker process."""

from __future__ import annotations

import pytest

from distilabel.models import SentenceTransformerEmbeddings
from models.local.worker_packages import use_stand_ins


@pytest.fixture(autouse=True)
def _stand_ins(monkeypatch: pytest.MonkeyPatch) -> None:
    use_stand_ins(monkeypatch)


def test_texts_become_vectors_in_one_batch() -> None:
    model = SentenceTransformerEmbeddings(model="a/m", truncate_dim=2, precision="int8")
    model.load()
    try:
        assert model.model_name == "a/m"
        assert model.encode(["a", "abc"]) == [[1, 2], [3, 2]]
        assert model.encode([]) == []
    finally:
        model.unload()

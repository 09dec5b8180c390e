"""`SentenceTransformersEngine` on a stand-in for sentence_transformers: a failed start, batches."""

from __future__ import annotations

from typing import Any

import pytest

from distilabel.errors import DistilabelUserError
from distilabel.models.local.sentence_transformers_engine import SentenceTransformersEngine
from models.local.worker_packages import ask, use_stand_ins

ENCODING: Any = {"precision": "float32", "normalize_embeddings": True}


def engine(model: str) -> SentenceTransformersEngine:
    return SentenceTransformersEngine(
        model=model,
        arguments={"truncate_dim": 2},
        subject=f"SentenceTransformerEmbeddings({model})",
        note=lambda name, value: None,
    )


def test_each_list_of_texts_is_one_batch(monkeypatch: pytest.MonkeyPatch) -> None:
    use_stand_ins(monkeypatch)
    made = engine("a/m")
    made.start()
    found = ask(made, "encode", [(["a", "abc"], ENCODING), (["ab"], ENCODING)])
    assert found == [[[1, 2], [3, 2]], [[2, 1]]]


def test_a_model_that_is_not_found_is_one_message(monkeypatch: pytest.MonkeyPatch) -> None:
    use_stand_ins(monkeypatch)
    with pytest.raises(DistilabelUserError, match=r"\(missing\): the model cannot be loaded"):
        engine("missing").start()

"""`vLLMEmbeddings` on a stand-in for its server."""

from __future__ import annotations

from pathlib import Path

import pytest

from distilabel.models import vLLMEmbeddings
from engine_doubles import fake_engine


def test_texts_become_vectors_in_their_order(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with fake_engine(tmp_path, monkeypatch) as engine:
        model = vLLMEmbeddings(model="m", extra_kwargs={"max_model_len": 9})
        model.load()
        texts = ["x" * i for i in range(200)]
        assert model.encode(texts) == [[i, 1] for i in range(200)]
        text = " ".join(engine.starts[0]["arguments"])
        assert "--enforce-eager --seed 0 --runner pooling" in text
        assert "--max-model-len 9" in text
        assert model.model_name == "m"
        model.unload()
        assert not engine.running

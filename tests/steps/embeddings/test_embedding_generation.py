"""Protects that every row gets its vector, and that equal texts are encoded once."""

from __future__ import annotations

from typing import Any

import pytest

from distilabel.errors import DistilabelUserError
from distilabel.models.embeddings.base import Embeddings
from distilabel.steps import EmbeddingGeneration


class Lengths(Embeddings):
    """Encodes a text as its length."""

    encoded: list[str] = []

    @property
    def model_name(self) -> str:
        """Name of the model."""
        return "lengths"

    def encode(self, inputs: list[str]) -> list[list[Any]]:
        """Encodes."""
        self.encoded += inputs
        return [[len(text)] for text in inputs]


def test_equal_texts_are_encoded_once() -> None:
    model = Lengths()
    step = EmbeddingGeneration(embeddings=model)
    step.load()
    rows = [next(step.process([{"text": "ab"}, {"text": "c"}, {"text": "ab"}])) for _ in range(2)]
    assert [row["embedding"] for row in rows[1]] == [[2], [1], [2]]
    assert rows[0][0]["model_name"] == "lengths"
    assert step.embeddings.encoded == ["ab", "c"]  # type: ignore[attr-defined]


def test_a_row_without_a_text_is_told() -> None:
    with pytest.raises(DistilabelUserError, match="contains an int"):
        next(EmbeddingGeneration(embeddings=Lengths()).process([{"text": 1}]))

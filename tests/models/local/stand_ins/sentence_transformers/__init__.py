"""A stand-in for `sentence_transformers`."""

from __future__ import annotations

from typing import Any

import numpy as np


class SentenceTransformer:
    def __init__(self, name: str, **arguments: Any) -> None:
        if name == "missing":
            raise OSError("no such repository")
        self._arguments = arguments

    def encode(
        self, texts: list[str], batch_size: int, precision: str, normalize_embeddings: bool
    ) -> Any:
        dimension = self._arguments.get("truncate_dim", 3)
        kind = {"float32": np.float32, "int8": np.int8}[precision]
        rows = [[len(text), batch_size, normalize_embeddings][:dimension] for text in texts]
        return np.array(rows, dtype=kind)

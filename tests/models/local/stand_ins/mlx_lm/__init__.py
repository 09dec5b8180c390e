"""A stand-in for `mlx_lm`: its model repeats the last message, or reports its arguments."""

from __future__ import annotations

import json
from typing import Any

from models.local.stand_ins.tokenizer import CharacterTokenizer


class Model:
    """Answers a prompt with the text after its last `]`, up to `[`."""

    def __init__(self, arguments: dict[str, Any]) -> None:
        self.arguments = arguments

    def reply(self, prompt: list[int], options: dict[str, Any]) -> list[int]:
        words = "".join(map(chr, prompt)).replace("[assistant]", "").rpartition("]")[2]
        if words == "crash the batch":
            raise RuntimeError("out of memory")
        if words == "options":
            words = json.dumps({**self.arguments, **options})
        return [*map(ord, words), 0]


def load(name: str, **arguments: Any) -> tuple[Model, CharacterTokenizer]:
    if name == "missing":
        raise FileNotFoundError("no such repository")
    return Model(arguments), CharacterTokenizer()

"""A stand-in for `mlx_lm.generate`."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import chain, repeat
from types import SimpleNamespace
from typing import Any

import numpy as np


def _choose(wanted: int, tokens: list[int], processors: list[Any]) -> int:
    """The token that the model wants, unless the processors forbid it."""
    scores = np.zeros(257, dtype=np.float32)
    scores[wanted] = 1
    for process in processors:
        scores = process(tokens, scores)
    return int(scores.argmax())


class BatchGenerator:
    def __init__(self, model: Any, *, stop_tokens: Any, **options: Any) -> None:
        self._model = model
        self._ends = [token for (token,) in stop_tokens]
        self._options = options
        self._running: dict[int, SimpleNamespace] = {}
        self._count = 0

    def insert(
        self, prompts: Any, max_tokens: Any, *, samplers: Any, logits_processors: Any
    ) -> list[int]:
        first = self._count
        for prompt, most, sampler, processors in zip(
            prompts, max_tokens, samplers, logits_processors, strict=True
        ):
            options = {**self._options, "sampling": sampler.arguments}
            reply = self._model.reply(prompt, options)
            self._running[self._count] = SimpleNamespace(
                reply=reply, most=most, processors=processors, tokens=list(prompt), count=0
            )
            self._count += 1
        return list(range(first, self._count))

    def next_generated(self) -> list[SimpleNamespace]:
        found = []
        for number, row in list(self._running.items()):
            wanted = row.reply[min(row.count, len(row.reply) - 1)]
            token = _choose(wanted, row.tokens, row.processors)
            row.tokens.append(token)
            row.count += 1
            reason = "length" if row.count >= row.most else None
            reason = "stop" if token in self._ends else reason
            if reason:
                del self._running[number]
            found.append(SimpleNamespace(uid=number, token=token, finish_reason=reason))
        return found

    def close(self) -> None:
        self._running.clear()


def generate_step(
    prompt: Any, model: Any, *, sampler: Any, logits_processors: Any, **options: Any
) -> Iterator[tuple[int, None]]:
    tokens = list(prompt)
    reply = model.reply(prompt.tolist(), {**options, "sampling": sampler.arguments})
    for wanted in chain(reply, repeat(reply[-1])):
        token = _choose(wanted, tokens, logits_processors)
        tokens.append(token)
        yield token, None

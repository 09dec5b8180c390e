"""Test doubles: models that count their calls, and an answer store in memory."""

from __future__ import annotations

import asyncio
from typing import Any

from distilabel.errors import AnswerError
from distilabel.models import AsyncLLM


def chat(text: str) -> Any:
    return [{"role": "user", "content": text}]


class MemoryStore(dict[bytes, bytes]):
    """Answers in a dict."""

    @property
    def held_before(self) -> bool:
        return bool(self)

    async def put(self, key: bytes, value: bytes) -> None:
        self[key] = value

    def __init__(self) -> None:
        self.damaged: set[bytes] = set()

    def report_damage(self, key: bytes) -> None:
        self.damaged.add(key)

    is_shared = False

    def claim(self, key: bytes) -> bool:
        return True

    def release(self, key: bytes) -> None:
        """No other process asks."""


class Counting(AsyncLLM):
    """Answers with the number of the call, or raises the next of its errors."""

    errors: list[Any] = []
    seen: list[Any] = []
    max_retries: int = 6

    @property
    def model_name(self) -> str:
        return "counting"

    def _identity(self) -> Any:
        return self.identity or "counting"

    async def agenerate(
        self, input: Any, num_generations: int = 1, temperature: float = 1.0, **kwargs: Any
    ) -> Any:
        self.seen.append({"input": input, "n": num_generations, "temperature": temperature})
        await asyncio.sleep(0)
        if self.errors:
            raise self.errors.pop(0)
        number = len(self.seen)
        return {
            "generations": [f"{number}.{index}" for index in range(num_generations)],
            "statistics": {"input_tokens": [2], "output_tokens": [3]},
        }


class Single(Counting):
    """Returns one answer per call, and takes a seed."""

    _num_generations_param_supported = False
    _takes_seed = True

    async def agenerate(self, input: Any, seed: int | None = None, **kwargs: Any) -> Any:  # type: ignore[override]
        self.seen.append(seed)
        if self.errors:
            raise self.errors.pop(0)
        return {"generations": [f"seed {seed}"], "statistics": {"output_tokens": [1]}}


def made(model: type[Counting] = Counting, *errors: Exception, **fields: Any) -> Counting:
    return model(errors=list(errors), seen=[], **fields)


def broken(**more: Any) -> AnswerError:
    return AnswerError("broken", retryable=True, **more)

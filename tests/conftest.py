"""A model that answers from a list, and the way tasks are asked without one."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from distilabel.models.llms.base import AsyncLLM


class Scripted(AsyncLLM):
    """Answers with the texts it was given, one after the other."""

    script: list[Any] = []
    structured_output: Any = None

    @property
    def model_name(self) -> str:
        return "scripted"

    async def agenerate(self, input: Any, num_generations: int = 1, **kwargs: Any) -> Any:
        return {
            "generations": [self.script.pop(0) for _ in range(num_generations)],
            "statistics": {
                "input_tokens": [7] * num_generations,
                "output_tokens": [11] * num_generations,
            },
        }


@pytest.fixture
def scripted() -> Callable[..., Scripted]:
    def make(*script: str | None) -> Scripted:
        return Scripted(script=list(script))

    return make

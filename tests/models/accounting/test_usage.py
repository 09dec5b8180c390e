"""Protects what an answer is metered and priced at."""

from __future__ import annotations

from typing import Any

import numpy
import pytest

from distilabel._core.events import (
    Event,
    ResponseReceived,
)
from distilabel.models import LLM
from distilabel.models.accounting.prices import Usage
from distilabel.models.client.client import ModelClient
from model_doubles import Counting, MemoryStore, chat, made

pytestmark = pytest.mark.usefixtures("client", "at_once")


async def test_tokens_from_the_cache_of_the_provider_are_priced_as_such(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    import distilabel.models.accounting.usage as module

    class Cached(Counting):
        async def agenerate(self, input: Any, **kwargs: Any) -> Any:  # type: ignore[override]
            counts = {"input_tokens": [9], "output_tokens": [3], "cache_read_tokens": [5]}
            return {"generations": ["a"], "statistics": {**counts, "cache_write_tokens": [2]}}

    paid: list[Usage] = []

    async def price_for(llm: LLM) -> Any:
        def price(usage: Usage) -> float:
            paid.append(usage)
            return 1.0

        return price

    monkeypatch.setattr(module, "price_for", price_for)
    events: list[Event] = []
    await ModelClient(Cached(), emit=events.append)(chat("a"))
    assert paid == [Usage(9, 3, 5, 2)]
    assert [event.cost for event in events if isinstance(event, ResponseReceived)] == [1.0]


@pytest.mark.parametrize("tokens", [[numpy.int64(3)], 3, [3, None]])
async def test_statistics_may_count_tokens_in_several_ways(tokens: Any) -> None:
    class Loose(Counting):
        async def agenerate(self, input: Any, num_generations: int = 1) -> Any:  # type: ignore[override]
            self.seen.append(input)
            return {"generations": ["x"], "statistics": {"input_tokens": tokens}}

    store = MemoryStore()
    llm = made(Loose)
    for _ in range(2):
        events: list[Event] = []
        await ModelClient(llm, answers=store, emit=events.append)(chat("a"))
        assert isinstance(events[-1], ResponseReceived)
        assert events[-1].input_tokens == 3
    assert len(llm.seen) == 1

"""Protects the replay of stored answers: it is complete, or it leaves no trace."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from distilabel._core.events import Event, ResponseReceived
from distilabel.errors import StoreError
from distilabel.models.client.client import ModelClient
from model_doubles import Counting, MemoryStore, Single, chat, made

pytestmark = pytest.mark.usefixtures("client", "at_once")


@pytest.mark.parametrize("model", [Counting, Single])
async def test_work_whose_answers_are_stored_is_done_at_once(model: type[Counting]) -> None:
    async def work(ask: Any) -> Any:
        several = await ask(chat("a"), 2)
        other = await ask(chat("b"), 1, temperature=0.5)
        return several, other, await ask.again(chat("a"), 1, 0, lambda output: True)

    store, events = MemoryStore(), list[Event]()
    llm = made(model)
    first = await work(ModelClient(llm, answers=store))
    stored = len(store)
    model_client = ModelClient(llm, answers=store, emit=events.append)
    assert model_client.replay(work) == first
    reused = [event.reused for event in events if isinstance(event, ResponseReceived)]
    assert reused == [True] * stored
    # The questions have occurred once now: equal ones get separate answers.
    assert model_client.replay(work) is None
    assert len(events) == stored


async def test_only_the_answers_of_an_earlier_run_are_replayed() -> None:
    store = MemoryStore()
    llm = made()
    await ModelClient(llm, answers=store)(chat("a"))
    assert not ModelClient(llm, answers=MemoryStore()).can_replay
    assert not ModelClient(llm, answers=store, reuse=False).can_replay
    assert ModelClient(llm, answers=store).can_replay


async def test_a_store_that_cannot_be_read_changes_no_key() -> None:
    class Broken(MemoryStore):
        is_broken = False

        def get(self, key: bytes, default: Any = None) -> Any:
            if self.is_broken:
                raise StoreError("malformed")
            return super().get(key, default)

    store = Broken()
    llm = made()
    await ModelClient(llm, answers=store)(chat("a"))
    model_client = ModelClient(llm, answers=store)
    store.is_broken = True
    with pytest.raises(StoreError):
        model_client.replay(lambda ask: ask(chat("a")))
    store.is_broken = False
    await model_client(chat("a"))
    assert len(llm.seen) == 1


async def test_an_abandoned_replay_leaves_no_trace() -> None:
    store = MemoryStore()
    llm = made(Counting)

    async def work(ask: Any) -> Any:
        return await asyncio.gather(ask(chat("a")), ask(chat("b")))

    first = await work(ModelClient(llm, answers=store))
    model_client = ModelClient(llm, answers=store)
    assert model_client.replay(work) is None
    await asyncio.sleep(0)
    await asyncio.sleep(0)
    assert await work(model_client) == first
    assert len(llm.seen) == 2

"""Protects answers that are on their way when another request of the same row fails for good."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from distilabel.errors import AnswerError, EndpointError
from distilabel.models.client import request_group
from distilabel.models.client.client import ModelClient
from distilabel.models.client.request_group import run_together
from distilabel.models.protocol import RunStopped
from model_doubles import Counting, MemoryStore, chat, made

WRONG_KEY = EndpointError("the key is wrong")


class Gate(Counting):
    """Answers once it is opened; the question "bad" fails at once."""

    gate: Any = None
    failed: Any = None
    cancelled: list[str] = []

    async def agenerate(self, input: Any, num_generations: int = 1, **kwargs: Any) -> Any:  # type: ignore[override]
        text = input[0]["content"]
        self.seen.append(text)
        if text == "bad":
            await asyncio.sleep(0)
            self.failed.set()
            raise WRONG_KEY
        try:
            await self.gate.wait()
        except asyncio.CancelledError:
            self.cancelled.append(text)
            raise
        return {"generations": [text], "statistics": {"input_tokens": [1], "output_tokens": [1]}}


def gated(**fields: Any) -> Gate:
    llm = made(Gate, cancelled=[], **fields)
    assert isinstance(llm, Gate)
    llm.gate, llm.failed = asyncio.Event(), asyncio.Event()
    return llm


async def test_answers_on_their_way_are_stored_and_nothing_more_is_sent() -> None:
    store = MemoryStore()
    llm = gated(max_concurrency=2)
    questions = [chat(text) for text in ("good", "bad", "next", "last")]
    asking = asyncio.ensure_future(ModelClient(llm, answers=store).ask_all(questions))
    await llm.failed.wait()
    for _ in range(5):
        await asyncio.sleep(0)
    assert not asking.done()
    llm.gate.set()
    with pytest.raises(EndpointError, match="key"):
        await asking
    # One more may take the place of the failed request before the failure is known.
    assert (llm.seen, llm.cancelled, len(store)) == (["good", "bad", "next"], [], 2)


async def test_rows_that_ask_several_times_keep_the_answers_on_their_way() -> None:
    # A row with two questions inside a batch of rows: groups inside a group.
    store = MemoryStore()
    llm = gated()
    client = ModelClient(llm, answers=store)
    rows = [client.ask_all([chat("good"), chat("fine")]), client.ask_all([chat("bad")])]
    asking = asyncio.ensure_future(client.together(rows))
    await llm.failed.wait()
    for _ in range(10):
        await asyncio.sleep(0)
    llm.gate.set()
    with pytest.raises(EndpointError):
        await asking
    assert (len(store), llm.cancelled) == (2, [])


async def test_a_request_that_never_returns_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(request_group, "PATIENCE", 0.01)
    llm = gated()
    with pytest.raises(EndpointError):
        await ModelClient(llm, answers=MemoryStore()).ask_all([chat("good"), chat("bad")])
    assert llm.cancelled == ["good"]


async def test_a_caller_that_is_cancelled_waits_for_nothing() -> None:
    llm = gated()
    asking = asyncio.ensure_future(
        ModelClient(llm, answers=MemoryStore()).ask_all([chat("good"), chat("bad")])
    )
    await llm.failed.wait()
    asking.cancel()
    with pytest.raises(asyncio.CancelledError):
        await asking
    assert llm.cancelled == ["good"]


async def test_a_stopped_coroutine_is_cancelled_before_its_next_question() -> None:
    store = MemoryStore()
    llm = gated()
    client = ModelClient(llm, answers=store)

    async def two_turns() -> None:
        await client(chat("good"))
        await client(chat("second"))

    async def bad() -> None:
        await client(chat("bad"))

    asking = asyncio.ensure_future(client.together([two_turns(), bad()]))
    await llm.failed.wait()
    for _ in range(5):
        await asyncio.sleep(0)
    llm.gate.set()
    with pytest.raises(EndpointError):
        await asking
    assert (llm.seen, len(store)) == (["good", "bad"], 1)


async def test_the_results_are_in_the_order_of_the_coroutines() -> None:
    async def number(value: int) -> int:
        for _ in range(3 - value):
            await asyncio.sleep(0)
        return value

    assert await run_together([number(each) for each in range(3)], keeps=True) == [0, 1, 2]
    assert await run_together([], keeps=False) == []


async def test_a_question_without_an_answer_stops_no_other() -> None:
    done: list[int] = []

    async def fail() -> None:
        raise AnswerError("no")

    async def work() -> None:
        await asyncio.sleep(0)
        done.append(1)

    with pytest.raises(AnswerError):
        await run_together([fail(), work()], keeps=True)
    assert done == [1]


async def test_a_row_that_is_stopped_sends_nothing_more_from_the_groups_inside_of_it() -> None:
    store = MemoryStore()
    slow = asyncio.Event()

    class Slow(Gate):
        async def agenerate(self, input: Any, num_generations: int = 1, **kwargs: Any) -> Any:  # type: ignore[override]
            if input[0]["content"] == "slow":
                await slow.wait()
            return await super().agenerate(input, num_generations, **kwargs)

    llm = made(Slow, cancelled=[])
    assert isinstance(llm, Slow)
    llm.gate, llm.failed = asyncio.Event(), asyncio.Event()
    client = ModelClient(llm, answers=store)

    async def two_turns() -> None:
        await client(chat("good"))
        await client(chat("second"))

    async def row() -> None:
        # The slow request keeps the row from being cancelled when the first turn returns.
        await client.together([two_turns(), client(chat("slow"))])

    asking = asyncio.ensure_future(client.together([row(), client(chat("bad"))]))
    await llm.failed.wait()
    for _ in range(10):
        await asyncio.sleep(0)
    llm.gate.set()
    for _ in range(10):
        await asyncio.sleep(0)
    slow.set()
    with pytest.raises(EndpointError):
        await asking
    assert (sorted(llm.seen), len(store)) == (["bad", "good", "slow"], 2)


async def test_a_row_that_is_stopped_does_not_wait_for_what_is_no_request() -> None:
    llm = gated()
    client = ModelClient(llm, answers=MemoryStore())

    async def asks_then_waits() -> None:
        await client(chat("good"))
        await asyncio.Event().wait()

    async def row() -> None:
        await client.together([asks_then_waits()])

    asking = asyncio.ensure_future(client.together([row(), client(chat("bad"))]))
    await llm.failed.wait()
    llm.gate.set()
    for _ in range(30):
        await asyncio.sleep(0)
    is_done = asking.done()
    asking.cancel()
    assert is_done
    with pytest.raises(EndpointError):
        await asking


async def test_a_stop_of_the_run_is_no_failure_of_the_row() -> None:
    async def fail() -> None:
        raise AnswerError("no")

    async def stop() -> None:
        raise RunStopped

    with pytest.raises(RunStopped):
        await run_together([fail(), stop()], keeps=True)

"""Protects reading and writing stored answers that are damaged or have no JSON form."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import orjson
import pytest

from distilabel.models.client.answer_warnings import AnswerWarnings
from distilabel.models.client.client import ModelClient
from distilabel.models.client.stored_answers import StoredAnswers, accept_any
from model_doubles import Counting, MemoryStore, chat, made

pytestmark = pytest.mark.usefixtures("client", "at_once")


@pytest.mark.parametrize(
    "damage",
    [
        lambda value: value[:-3],
        lambda value: value.replace(b"generations", b"generatinns"),
        lambda value: value.replace(b'["1.0"]', b"[]"),
        lambda value: value.replace(b'["1.0"]', b'"1.0"'),
        lambda value: value.replace(b'"input_tokens"', b"7"),
        lambda value: b"[]",
        lambda value: b"null",
        lambda value: b"\xff" + value,
    ],
)
async def test_a_damaged_answer_is_asked_for_again(damage: Callable[[bytes], bytes]) -> None:
    store = MemoryStore()
    llm = made()
    await ModelClient(llm, answers=store)(chat("a"))
    (key,) = store
    store[key] = damage(store[key])
    assert ModelClient(llm, answers=store).replay(lambda ask: ask(chat("a"))) is None
    await ModelClient(llm, answers=store)(chat("a"))
    assert len(llm.seen) == 2
    assert orjson.loads(store[key])["generations"] == ["2.0"]
    assert store.damaged == {key}


async def test_half_a_character_in_an_answer_is_replaced_and_said_once(
    caplog: pytest.LogCaptureFixture,
) -> None:
    class Cut(Counting):
        async def agenerate(self, input: Any, num_generations: int = 1, **kwargs: Any) -> Any:  # type: ignore[override]
            return {"generations": ["cut \ud83d"], "statistics": {}}

    store = MemoryStore()
    model_client = ModelClient(made(Cut), answers=store)
    for question in ("a", "b"):
        await model_client(chat(question))
    assert [orjson.loads(value)["generations"] for value in store.values()] == [["cut \ufffd"]] * 2
    assert len(caplog.records) == 1


async def test_an_answer_that_cannot_be_stored_is_logged_and_returned(
    caplog: pytest.LogCaptureFixture,
) -> None:
    class Odd(Counting):
        async def agenerate(self, input: Any, num_generations: int = 1, **kwargs: Any) -> Any:  # type: ignore[override]
            extra = {} if kwargs else {"logprobs": [object()]}
            return {"generations": ["x"], "statistics": {}, **extra}

    for arguments in ({}, {"stopping": object()}):
        caplog.clear()
        store = MemoryStore()
        model_client = ModelClient(made(Odd, generation_kwargs=arguments), answers=store)
        assert (await model_client(chat("a")))["generations"] == ["x"]
        await model_client(chat("b"))
        assert not store
        assert [record.message.count("cannot be stored") for record in caplog.records] == [1]


async def test_a_stored_answer_that_is_not_acceptable_is_none() -> None:
    stored = StoredAnswers(MemoryStore(), AnswerWarnings("step", "m"))
    output: Any = {"generations": ["a"], "statistics": {}}
    await stored.put(b"key", output)
    assert stored.lookup(b"key", accept_any) == output
    assert stored.lookup(b"key", lambda each: each["generations"] != ["a"]) is None
    assert stored.lookup(b"none", accept_any) is None

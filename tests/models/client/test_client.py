"""Protects how a step asks its model: stored answers, seeds, generations, several at once."""

from __future__ import annotations

import asyncio
from typing import Any

import orjson
import pytest

from distilabel._core.events import (
    Event,
    ResponseReceived,
)
from distilabel.errors import AnswerError, DistilabelUserError
from distilabel.models import OpenAILLM
from distilabel.models.client.client import ModelClient
from distilabel.models.protocol import RunStopped
from model_doubles import Counting, MemoryStore, Single, chat, made
from serving import reply, said, serving

pytestmark = pytest.mark.usefixtures("client", "at_once")

SECRET = "sk-very-secret-key-1234567890"


async def test_a_stored_answer_is_reused() -> None:
    store, events = MemoryStore(), list[Event]()
    llm = made()
    first = await ModelClient(llm, answers=store)(chat("a"))
    again = await ModelClient(llm, answers=store, emit=events.append)(chat("a"))
    assert first == again
    assert len(llm.seen) == 1
    assert [event.reused for event in events if isinstance(event, ResponseReceived)] == [True]
    await ModelClient(llm, answers=store)(chat("b"))
    await ModelClient(llm, answers=store, reuse=False)(chat("a"))
    assert len(llm.seen) == 3


async def test_equal_questions_get_separate_answers_that_are_reused() -> None:
    store = MemoryStore()
    llm = made()
    first = await ModelClient(llm, answers=store).ask_all([chat("a")] * 3)
    assert len(store) == 3
    again = await ModelClient(llm, answers=store).ask_all([chat("a")] * 3)
    assert first == again
    assert len(llm.seen) == 3
    more = await ModelClient(llm, answers=store).ask_all([chat("a")] * 4)
    assert more[:3] == first
    assert len(llm.seen) == 4


@pytest.mark.parametrize(
    "change",
    [
        {"generation_kwargs": {"temperature": 0.5}},
        {"identity": "another"},
    ],
)
async def test_another_model_or_argument_has_another_key(change: dict[str, Any]) -> None:
    store = MemoryStore()
    await ModelClient(made(), answers=store)(chat("a"))
    await ModelClient(made(**change), answers=store)(chat("a"))
    assert len(store) == 2


async def test_arguments_of_a_question_replace_the_defaults() -> None:
    store = MemoryStore()
    llm = made(generation_kwargs={"temperature": 0.5})
    model_client = ModelClient(llm, answers=store)
    await model_client(chat("a"), temperature=0.7)
    await model_client(chat("a"), temperature=0.5)
    assert [question["temperature"] for question in llm.seen] == [0.7, 0.5]
    assert len(store) == 2


def test_invalid_arguments_raise_before_the_first_request() -> None:
    with pytest.raises(DistilabelUserError, match="temperature='hot'"):
        ModelClient(made(generation_kwargs={"temperature": "hot"}))


async def test_several_generations_are_one_call_where_the_model_can() -> None:
    llm = made()
    output = await ModelClient(llm)(chat("a"), 3)
    assert output["generations"] == ["1.0", "1.1", "1.2"]
    assert [question["n"] for question in llm.seen] == [3]


async def test_several_generations_are_several_calls_where_it_cannot() -> None:
    store = MemoryStore()
    llm = made(Single)
    output = await ModelClient(llm, answers=store)(chat("a"), 3)
    assert len(set(output["generations"])) == 3
    assert output["statistics"]["output_tokens"] == [1, 1, 1]
    assert len(store) == 3
    fewer = await ModelClient(llm, answers=store)(chat("a"), 2)
    assert fewer["generations"] == output["generations"][:2]
    assert len(llm.seen) == 3


class Few(Counting):
    """Returns as many generations as the next number says, whatever it is asked for."""

    counts: list[Any] = []

    async def agenerate(self, input: Any, num_generations: int = 1, **kwargs: Any) -> Any:  # type: ignore[override]
        self.seen.append(num_generations)
        if self.errors:
            raise self.errors.pop(0)
        count = self.counts.pop(0) if self.counts else 1
        number = len(self.seen)
        return {
            "generations": [f"{number}.{index}" for index in range(count)],
            "statistics": {"input_tokens": [2], "output_tokens": [number]},
        }


@pytest.mark.parametrize("stores", [True, False])
async def test_generations_that_an_answer_lacks_are_asked_for_one_by_one(
    stores: bool, caplog: pytest.LogCaptureFixture
) -> None:
    store = MemoryStore()
    llm = made(Few, counts=[2])
    model_client = ModelClient(llm, step="t", answers=store if stores else None)
    output = await model_client(chat("a"), 4)
    assert output["generations"] == ["1.0", "1.1", "2.0", "3.0"]
    # The tokens of the first reply are those of both its generations.
    assert output["statistics"]["output_tokens"] == [1, 1, 2, 3]
    assert llm.seen == [4, 1, 1]
    await model_client(chat("b"), 4)
    (said_once,) = [r.getMessage() for r in caplog.records if "generations" in r.getMessage()]
    assert said_once.startswith("t: counting returns 2 of 4 generations. The missing ones")
    if stores:
        again = await ModelClient(llm, answers=store)(chat("a"), 4)
        assert again == output
        assert llm.seen == [4, 1, 1, 4, 1, 1, 1]


async def test_only_the_generations_that_are_still_missing_are_asked_for_by_the_next_run() -> None:
    store, events = MemoryStore(), list[Event]()
    llm = made(Few)
    # An older version stored what came.
    await ModelClient(llm, answers=store)(chat("a"), 1)
    key = ModelClient(llm, answers=store)._keys
    _, three, _ = key.of(chat("a"), 3, key.base)
    (one,) = store.values()
    store[three] = one
    llm.errors.append(AnswerError("no"))
    with pytest.raises(AnswerError):
        await ModelClient(llm, answers=store)(chat("a"), 3)
    assert llm.seen == [1, 1, 1]
    output = await ModelClient(llm, answers=store, emit=events.append)(chat("a"), 3)
    assert output["generations"] == ["1.0", "4.0", "3.0"]
    assert llm.seen == [1, 1, 1, 1]
    assert [e.reused for e in events if isinstance(e, ResponseReceived)].count(False) == 1


async def test_equal_questions_keep_their_own_generations_from_run_to_run() -> None:
    store = MemoryStore()
    llm = made(Few)
    first = await ModelClient(llm, answers=store).ask_all([chat("a")] * 3, 3)
    assert len({text for output in first for text in output["generations"]}) == 9
    assert await ModelClient(llm, answers=store).ask_all([chat("a")] * 3, 3) == first
    client = ModelClient(llm, answers=store)
    assert [client.replay(lambda ask: ask(chat("a"), 3)) for _ in range(3)] == first
    assert len(llm.seen) == 9


async def test_a_replay_needs_all_generations() -> None:
    store = MemoryStore()
    llm = made(Few)
    await ModelClient(llm, answers=store)(chat("a"), 3)
    client = ModelClient(llm, answers=store)
    (last,) = list(store)[-1:]
    kept = store.pop(last)
    assert client.replay(lambda ask: ask(chat("a"), 3)) is None
    store[last] = kept
    assert client.replay(lambda ask: ask(chat("a"), 3)) is not None


async def test_a_server_that_rejects_several_generations_is_asked_for_one_at_a_time() -> None:
    class One(Few):
        async def agenerate(self, input: Any, num_generations: int = 1, **kwargs: Any) -> Any:  # type: ignore[override]
            self.seen.append(num_generations)
            if num_generations > 1:
                raise AnswerError("no", status=400, raw="'n' : number must be at most 1")
            return {"generations": [str(len(self.seen))], "statistics": {}}

    store = MemoryStore()
    llm = made(One)
    client = ModelClient(llm, answers=store)
    output = await client(chat("a"), 3)
    assert output["generations"] == ["2", "3", "4"]
    await client(chat("b"), 2)
    # Once it is known, and by the next run, nothing is sent that will be rejected.
    assert llm.seen == [3, 1, 1, 1, 1, 1]
    client = ModelClient(llm, answers=store)
    assert client.replay(lambda ask: ask(chat("a"), 3)) == output
    client = ModelClient(llm, answers=store)
    assert await client(chat("a"), 3) == output
    assert len(llm.seen) == 6


async def test_a_user_s_seed_gives_no_equal_generations_where_they_are_asked_one_by_one() -> None:
    class Seeded(Few):
        async def agenerate(  # type: ignore[override]
            self, input: Any, num_generations: int = 1, seed: int | None = None
        ) -> Any:
            self.seen.append(seed)
            return {"generations": [f"seed {seed}"], "statistics": {}}

    llm = made(Seeded, generation_kwargs={"seed": 5})
    output = await ModelClient(llm)(chat("a"), 3)
    assert len(set(output["generations"])) == 3
    assert llm.seen[0] == 5


async def test_generations_beyond_those_asked_for_are_left_out() -> None:
    store = MemoryStore()
    llm = made(Few, counts=[3, 3])
    first = await ModelClient(llm, answers=store)(chat("a"), 2)
    assert first["generations"] == ["1.0", "1.1"]
    assert await ModelClient(llm, answers=store)(chat("a"), 2) == first
    assert ModelClient(llm, answers=store).replay(lambda ask: ask(chat("a"), 2)) == first
    assert len((await ModelClient(llm)(chat("b"), 1))["generations"]) == 1


async def test_an_empty_text_is_a_generation_and_none_at_all_is_a_failure() -> None:
    class Empty(Few):
        async def agenerate(self, input: Any, num_generations: int = 1, **kwargs: Any) -> Any:  # type: ignore[override]
            self.seen.append(num_generations)
            return {"generations": self.counts, "statistics": {}}

    llm = made(Empty, counts=["", "a"])
    assert (await ModelClient(llm)(chat("a"), 2))["generations"] == ["", "a"]
    assert llm.seen == [2]
    with pytest.raises(AnswerError, match="no text"):
        await ModelClient(made(Empty, counts=[]))(chat("a"), 2)


@pytest.mark.parametrize("returned", [None, "text", ["text"], {"generation": ["text"]}])
async def test_an_output_of_another_shape_is_named_with_the_shape_it_should_have(
    returned: Any,
) -> None:
    class Odd(Counting):
        async def agenerate(self, input: Any, **kwargs: Any) -> Any:  # type: ignore[override]
            return returned

    with pytest.raises(AnswerError, match=r"Odd\.agenerate returned .*'generations'"):
        await ModelClient(made(Odd))(chat("a"))


async def test_a_seed_is_drawn_from_the_question_unless_the_user_gives_one() -> None:
    llm = made(Single)
    for _ in range(2):
        await ModelClient(llm).ask_all([chat("a"), chat("a"), chat("b")])
    assert llm.seen[:3] == llm.seen[3:]
    assert len(set(llm.seen)) == 3
    assert all(0 <= seed < 2**31 for seed in llm.seen)
    llm = made(Single, generation_kwargs={"seed": 5})
    await ModelClient(llm).ask_all([chat("a"), chat("b")])
    assert llm.seen == [5, 5]


async def test_an_answer_asked_for_again_is_stored_once_it_can_be_parsed() -> None:
    store = MemoryStore()
    llm = made()
    first = await ModelClient(llm, answers=store)(chat("a"))
    bad = await ModelClient(llm, answers=store).again(chat("a"), 1, 0, lambda output: False)
    assert len(store) == 1
    good = await ModelClient(llm, answers=store).again(chat("a"), 1, 0, lambda output: True)
    assert len(store) == 2
    assert len({str(output["generations"]) for output in (first, bad, good)}) == 3
    model_client = ModelClient(llm, answers=store)
    assert await model_client.again(chat("a"), 1, 0, lambda output: True) == good
    # Another attempt, or for another of several generations, is another question.
    for retry in ((2, 0), (1, 1)):
        assert await model_client.again(chat("a"), *retry, lambda output: True) != good
    # One that has become unreadable is asked for anew, and the new one takes its place.
    newer = await ModelClient(llm, answers=store).again(
        chat("a"), 1, 0, lambda output: output != good
    )
    assert newer != good
    assert (
        await ModelClient(llm, answers=store).again(chat("a"), 1, 0, lambda output: True) == newer
    )


async def test_a_failure_leaves_no_question_running() -> None:
    begun = asyncio.Event()
    ended: list[str] = []

    class Mixed(Counting):
        async def agenerate(self, input: Any, **kwargs: Any) -> Any:  # type: ignore[override]
            if input[0]["content"] == "bad":
                await begun.wait()
                raise AnswerError("no")
            begun.set()
            try:
                await asyncio.sleep(3600)
            finally:
                ended.append("cancelled")

    with pytest.raises(AnswerError):
        await ModelClient(made(Mixed)).ask_all([chat("good"), chat("bad")])
    assert ended == ["cancelled"]


async def test_with_a_store_the_other_questions_are_finished_after_a_failure() -> None:
    store = MemoryStore()
    llm = made(Single, AnswerError("no"))
    with pytest.raises(AnswerError):
        await ModelClient(llm, answers=store)(chat("a"), 3)
    assert len(store) == 2


async def test_the_key_is_in_no_message_no_event_and_no_stored_answer() -> None:
    events: list[Event] = []
    store = MemoryStore()
    with_key = reply({"error": {"message": f"no such key: {SECRET}"}}, 400)
    async with serving(with_key, said("fine")) as server:
        llm = OpenAILLM(model="m", base_url=f"{server.url}/v1", api_key=SECRET)
        llm.load()
        model_client = ModelClient(llm, answers=store, emit=events.append)
        with pytest.raises(AnswerError) as caught:
            await model_client(chat("a"))
        await model_client(chat("b"))
    shown = f"{caught.value} {caught.value.raw} {events} {dict(store)} {llm._identity()}"
    assert SECRET not in shown + llm._endpoint_id() + repr(llm) + orjson.dumps(llm.dump()).decode()


def test_a_synchronous_call_works_without_a_loop() -> None:
    assert made().generate(inputs=[chat("a"), chat("b")])[1]["generations"] == ["2.0"]


async def test_stopping_waits_for_the_generations_in_flight() -> None:
    stopping = False
    store = MemoryStore()

    class Slow(Single):
        async def agenerate(self, input: Any, seed: int | None = None, **kwargs: Any) -> Any:  # type: ignore[override]
            nonlocal stopping
            self.seen.append(seed)
            stopping = len(self.seen) == 2
            await asyncio.sleep(0.01 * len(self.seen))
            return {"generations": ["paid for"], "statistics": {}}

    model_client = ModelClient(
        made(Slow, max_concurrency=2), answers=store, stopping=lambda: stopping
    )
    with pytest.raises(RunStopped):
        await model_client(chat("a"), 3)
    assert len(store) == 2

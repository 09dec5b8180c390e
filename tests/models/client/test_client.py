"""Protects the one way in which a model is asked: kept answers, asking again, and giving up."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any

import numpy
import orjson
import pytest
from pydantic import SecretStr

from distilabel._core.events import (
    Event,
    RequestFailed,
    RequestRetried,
    RequestSent,
    ResponseReceived,
    UnusableResponse,
)
from distilabel._simulated.answers.faults import Faults
from distilabel._simulated.answers.latency import Latency
from distilabel._simulated.server.server import running
from distilabel._simulated.server.settings import Settings
from distilabel.errors import AnswerError, DistilabelUserError, EndpointError, StoreError
from distilabel.models import LLM, AsyncLLM, OpenAILLM
from distilabel.models.accounting.budget import Budget
from distilabel.models.accounting.prices import Usage
from distilabel.models.client.client import ModelClient
from distilabel.models.http import transport
from distilabel.models.protocol import RunStopped
from distilabel.models.rate_limit import circuit_breaker
from distilabel.models.rate_limit.limiter import EndpointLimiters
from serving import reply, said, serving

pytestmark = pytest.mark.usefixtures("client", "at_once")

SECRET = "sk-very-secret-key-1234567890"


def chat(text: str) -> Any:
    return [{"role": "user", "content": text}]


class Kept(dict[bytes, bytes]):
    """Answers in a dict."""

    @property
    def held_before(self) -> bool:
        return bool(self)

    async def put(self, key: bytes, value: bytes) -> None:
        self[key] = value

    is_shared = False

    def claim(self, key: bytes) -> bool:
        return True

    def let_go(self, key: bytes) -> None:
        """Nobody else asks."""


class Counting(AsyncLLM):
    """Answers with the number of the call, or raises what it was told to."""

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
    """Gives one answer a call, and takes a seed."""

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


async def test_a_kept_answer_is_not_asked_for_again() -> None:
    kept, events = Kept(), list[Event]()
    llm = made()
    first = await ModelClient(llm, answers=kept)(chat("a"))
    again = await ModelClient(llm, answers=kept, emit=events.append)(chat("a"))
    assert first == again
    assert len(llm.seen) == 1
    assert [event.reused for event in events if isinstance(event, ResponseReceived)] == [True]
    await ModelClient(llm, answers=kept)(chat("b"))
    await ModelClient(llm, answers=kept, reuse=False)(chat("a"))
    assert len(llm.seen) == 3


async def test_a_store_that_cannot_be_read_makes_no_question_another_one() -> None:
    class Broken(Kept):
        is_broken = False

        def get(self, key: bytes, default: Any = None) -> Any:
            if self.is_broken:
                raise StoreError("malformed")
            return super().get(key, default)

    kept = Broken()
    llm = made()
    await ModelClient(llm, answers=kept)(chat("a"))
    model_client = ModelClient(llm, answers=kept)
    kept.is_broken = True
    with pytest.raises(StoreError):
        model_client.replay(lambda ask: ask(chat("a")))
    kept.is_broken = False
    await model_client(chat("a"))
    assert len(llm.seen) == 1


async def test_an_answer_that_was_spoilt_is_asked_for_again() -> None:
    kept = Kept()
    llm = made()
    await ModelClient(llm, answers=kept)(chat("a"))
    (key,) = kept
    kept[key] = kept[key][:-3]
    assert ModelClient(llm, answers=kept).replay(lambda ask: ask(chat("a"))) is None
    await ModelClient(llm, answers=kept)(chat("a"))
    assert len(llm.seen) == 2
    assert orjson.loads(kept[key])["generations"] == ["2.0"]


async def test_equal_questions_get_answers_of_their_own_which_come_again() -> None:
    kept = Kept()
    llm = made()
    first = await ModelClient(llm, answers=kept).ask_all([chat("a")] * 3)
    assert len(kept) == 3
    again = await ModelClient(llm, answers=kept).ask_all([chat("a")] * 3)
    assert first == again
    assert len(llm.seen) == 3
    more = await ModelClient(llm, answers=kept).ask_all([chat("a")] * 4)
    assert more[:3] == first
    assert len(llm.seen) == 4


@pytest.mark.parametrize(
    "change",
    [
        {"generation_kwargs": {"temperature": 0.5}},
        {"identity": "another"},
    ],
)
async def test_another_model_or_argument_is_another_question(change: dict[str, Any]) -> None:
    kept = Kept()
    await ModelClient(made(), answers=kept)(chat("a"))
    await ModelClient(made(**change), answers=kept)(chat("a"))
    assert len(kept) == 2


async def test_arguments_of_one_question_replace_those_of_all() -> None:
    kept = Kept()
    llm = made(generation_kwargs={"temperature": 0.5})
    model_client = ModelClient(llm, answers=kept)
    await model_client(chat("a"), temperature=0.7)
    await model_client(chat("a"), temperature=0.5)
    assert [question["temperature"] for question in llm.seen] == [0.7, 0.5]
    assert len(kept) == 2


def test_wrong_arguments_are_told_before_anything_is_asked() -> None:
    with pytest.raises(DistilabelUserError, match="temperature='hot'"):
        ModelClient(made(generation_kwargs={"temperature": "hot"}))


async def test_several_generations_are_one_call_where_the_model_can() -> None:
    llm = made()
    output = await ModelClient(llm)(chat("a"), 3)
    assert output["generations"] == ["1.0", "1.1", "1.2"]
    assert [question["n"] for question in llm.seen] == [3]


async def test_several_generations_are_several_calls_where_it_cannot() -> None:
    kept = Kept()
    llm = made(Single)
    output = await ModelClient(llm, answers=kept)(chat("a"), 3)
    assert len(set(output["generations"])) == 3
    assert output["statistics"]["output_tokens"] == [1, 1, 1]
    assert len(kept) == 3
    fewer = await ModelClient(llm, answers=kept)(chat("a"), 2)
    assert fewer["generations"] == output["generations"][:2]
    assert len(llm.seen) == 3


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


async def test_an_answer_asked_for_again_is_kept_once_it_can_be_read() -> None:
    kept = Kept()
    llm = made()
    first = await ModelClient(llm, answers=kept)(chat("a"))
    bad = await ModelClient(llm, answers=kept).again(chat("a"), 1, 0, lambda output: False)
    assert len(kept) == 1
    good = await ModelClient(llm, answers=kept).again(chat("a"), 1, 0, lambda output: True)
    assert len(kept) == 2
    assert len({str(output["generations"]) for output in (first, bad, good)}) == 3
    model_client = ModelClient(llm, answers=kept)
    assert await model_client.again(chat("a"), 1, 0, lambda output: True) == good
    # Another attempt, or for another of several generations, is another question.
    for place in ((2, 0), (1, 1)):
        assert await model_client.again(chat("a"), *place, lambda output: True) != good
    # One that has become unreadable is asked for anew, and the new one takes its place.
    newer = await ModelClient(llm, answers=kept).again(
        chat("a"), 1, 0, lambda output: output != good
    )
    assert newer != good
    assert await ModelClient(llm, answers=kept).again(chat("a"), 1, 0, lambda output: True) == newer


async def test_a_failure_that_may_pass_is_asked_again() -> None:
    events: list[Event] = []
    llm = made(Counting, broken(), ConnectionResetError("gone"), TimeoutError())
    output = await ModelClient(llm, emit=events.append)(chat("a"))
    assert output["generations"] == ["4.0"]
    kinds = [type(event) for event in events if not isinstance(event, UnusableResponse)]
    assert kinds == [
        RequestSent,
        RequestRetried,
        RequestSent,
        RequestRetried,
        RequestSent,
        RequestRetried,
        RequestSent,
        ResponseReceived,
    ]


async def test_a_failure_that_stays_is_not_asked_again() -> None:
    events: list[Event] = []
    llm = made(Counting, AnswerError("too long", status=400))
    with pytest.raises(AnswerError, match="too long") as caught:
        await ModelClient(llm, emit=events.append)(chat("a"))
    assert caught.value.attempts == 1
    assert len(llm.seen) == 1
    assert isinstance(events[-1], RequestFailed)


@pytest.mark.parametrize("retries", [0, 2])
async def test_asking_again_ends_with_max_retries(retries: int) -> None:
    llm = made(Counting, *(broken() for _ in range(20)), max_retries=retries)
    with pytest.raises(AnswerError) as caught:
        await ModelClient(llm)(chat("a"))
    assert caught.value.attempts == len(llm.seen) == retries + 1


async def test_refusals_for_load_do_not_count_as_tries() -> None:
    llm = made(Counting, *(broken(overloaded=True) for _ in range(5)), max_retries=1)
    assert (await ModelClient(llm)(chat("a")))["generations"] == ["6.0"]


async def test_the_wait_the_endpoint_asks_for_is_kept() -> None:
    events: list[Event] = []
    llm = made(Counting, broken(overloaded=True, retry_after=0.05))
    await ModelClient(llm, emit=events.append)(chat("a"))
    waits = [event.wait for event in events if isinstance(event, RequestRetried)]
    assert len(waits) == 1
    assert 0.05 <= waits[0] <= 0.06


async def test_a_wait_of_hours_stops_the_run() -> None:
    llm = made(Counting, broken(overloaded=True, retry_after=7200.0))
    with pytest.raises(EndpointError, match="7200 s"):
        await ModelClient(llm)(chat("a"))


async def test_an_endpoint_that_cannot_be_asked_stops_at_once() -> None:
    llm = made(Counting, EndpointError("wrong key"))
    with pytest.raises(EndpointError, match="wrong key"):
        await ModelClient(llm).ask_all([chat("a")])
    assert len(llm.seen) == 1


async def test_a_mistake_of_the_model_is_no_reason_to_ask_again() -> None:
    llm = made(Counting, KeyError("choices"))
    with pytest.raises(AnswerError, match="KeyError: 'choices'") as caught:
        await ModelClient(llm)(chat("a"))
    assert isinstance(caught.value.__cause__, KeyError)
    assert len(llm.seen) == 1


async def test_no_place_is_lost_whatever_happens() -> None:
    limiters = EndpointLimiters()
    llm = made(Counting, AnswerError("x"), EndpointError("y"), broken(), max_concurrency=2)
    stop = False
    model_client = ModelClient(llm, limiters=limiters, stopping=lambda: stop)
    for _ in range(3):
        await asyncio.gather(model_client(chat("a")), return_exceptions=True)
    task = asyncio.create_task(model_client(chat("b")))
    await asyncio.sleep(0)
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)
    stop = True
    with pytest.raises(RunStopped):
        await model_client(chat("c"))
    assert [limiter.in_flight for limiter in limiters] == [0]


class Locked(Kept):
    """Answers whose keys are shared with another process, and can be made unreadable."""

    is_shared = True

    def __init__(self) -> None:
        super().__init__()
        self.claimed: list[bytes] = []
        self.broken_from = 1_000
        self._reads = 0

    def get(self, key: bytes, default: Any = None) -> Any:
        self._reads += 1
        if self._reads >= self.broken_from:
            raise StoreError("malformed")
        return super().get(key, default)

    def claim(self, key: bytes) -> bool:
        self.claimed.append(key)
        return True

    def let_go(self, key: bytes) -> None:
        self.claimed.remove(key)


async def test_a_store_that_fails_between_lease_and_request_leaves_neither_lease_nor_claim() -> (
    None
):
    limiters = EndpointLimiters()
    llm = made(max_concurrency=1)
    answers = Locked()
    answers.broken_from = 2  # the first look is before the lease, the second one after the claim
    model_client = ModelClient(llm, answers=answers, limiters=limiters)
    with pytest.raises(StoreError):
        await model_client(chat("a"))
    assert llm.seen == []
    assert answers.claimed == []
    assert [limiter.in_flight for limiter in limiters] == [0]
    answers.broken_from = 1_000
    assert (await model_client(chat("b")))["generations"] == ["1.0"]


@pytest.mark.parametrize("error", [None, AnswerError("x"), broken(), asyncio.CancelledError()])
async def test_lease_claim_and_charge_end_with_the_request(error: Any) -> None:
    limiters, answers = EndpointLimiters(), Locked()
    budget = Budget(1000.0, exhausted=lambda: None)
    held: list[tuple[int, int]] = []

    class Looking(Counting):
        async def agenerate(self, input: Any, **kwargs: Any) -> Any:  # type: ignore[override]
            held.append((len(answers.claimed), budget._in_flight))
            return await super().agenerate(input, **kwargs)

    errors = [error] if error is not None else []
    llm = Looking(errors=errors, seen=[], max_concurrency=1, price=(1.0, 1.0), max_retries=0)
    model_client = ModelClient(llm, answers=answers, limiters=limiters, budget=budget)
    await asyncio.gather(model_client(chat("a")), return_exceptions=True)
    assert held == [(1, 1)]
    assert (answers.claimed, budget._in_flight) == ([], 0)
    assert [limiter.in_flight for limiter in limiters] == [0]


async def test_the_lease_is_held_until_the_answer_is_stored() -> None:
    limiters = EndpointLimiters()
    in_flight: list[int] = []

    class Slow(Kept):
        async def put(self, key: bytes, value: bytes) -> None:
            await asyncio.sleep(0)
            in_flight.extend(limiter.in_flight for limiter in limiters)

    await ModelClient(made(), answers=Slow(), limiters=limiters)(chat("a"))
    assert in_flight == [1]


async def test_a_used_up_budget_leaves_a_question_unasked_and_returns_its_lease() -> None:
    limiters = EndpointLimiters()
    llm = made(price=(1.0, 1.0))
    budget = Budget(0.0, exhausted=lambda: None)
    with pytest.raises(RunStopped):
        await ModelClient(llm, limiters=limiters, budget=budget)(chat("a"))
    assert llm.seen == []
    assert [limiter.in_flight for limiter in limiters] == [0]


async def test_stopping_leaves_a_question_unasked() -> None:
    llm = made()
    with pytest.raises(RunStopped):
        await ModelClient(llm, stopping=lambda: True)(chat("a"))
    assert llm.seen == []


async def test_an_answer_that_cannot_be_kept_is_not_paid_for_twice() -> None:
    class Full(Kept):
        async def put(self, key: bytes, value: bytes) -> None:
            raise OSError("no space left")

    llm = made()
    with pytest.raises(OSError, match="no space"):
        await ModelClient(llm, answers=Full())(chat("a"))
    assert len(llm.seen) == 1


async def test_a_cancelled_question_takes_no_other_with_it(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    import distilabel.models.accounting.usage as module

    asked = asyncio.Event()

    async def slowly(llm: LLM) -> Any:
        await asked.wait()
        return lambda usage: 1.0

    monkeypatch.setattr(module, "price_for", slowly)
    model_client = ModelClient(made())
    first, second = (asyncio.create_task(model_client(chat(text))) for text in "ab")
    await asyncio.sleep(0.01)
    first.cancel()
    await asyncio.sleep(0)
    asked.set()
    assert (await second)["generations"]


async def test_one_failure_leaves_no_question_running() -> None:
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


async def test_where_answers_are_kept_the_others_are_waited_for() -> None:
    kept = Kept()
    llm = made(Single, AnswerError("no"))
    with pytest.raises(AnswerError):
        await ModelClient(llm, answers=kept)(chat("a"), 3)
    assert len(kept) == 2


async def test_no_text_is_no_answer() -> None:
    class Silent(Counting):
        async def agenerate(self, input: Any, **kwargs: Any) -> Any:  # type: ignore[override]
            return {"generations": [None], "statistics": {}}

    with pytest.raises(AnswerError, match="no text"):
        await ModelClient(made(Silent))(chat("a"))


async def test_models_with_one_endpoint_id_share_its_limits() -> None:
    limiters = EndpointLimiters()
    one, other = (made(max_concurrency=3) for _ in range(2))
    assert limiters.of(one) is limiters.of(other)


async def test_the_key_is_in_no_message_no_event_and_no_kept_answer() -> None:
    events: list[Event] = []
    kept = Kept()
    with_key = reply({"error": {"message": f"no such key: {SECRET}"}}, 400)
    async with serving(with_key, said("fine")) as server:
        llm = OpenAILLM(model="m", base_url=f"{server.url}/v1", api_key=SECRET)
        llm.load()
        model_client = ModelClient(llm, answers=kept, emit=events.append)
        with pytest.raises(AnswerError) as caught:
            await model_client(chat("a"))
        await model_client(chat("b"))
    told = f"{caught.value} {caught.value.raw} {events} {dict(kept)} {llm._identity()}"
    assert SECRET not in told + llm._endpoint_id() + repr(llm) + orjson.dumps(llm.dump()).decode()


async def test_every_question_is_answered_once_by_a_faulty_endpoint() -> None:
    faults = Faults.parse(["429=0.1", "500=0.05", "drop=0.05", "malformed=0.05", "reset=0.05"])
    kept = Kept()
    events: list[Event] = []
    async with running(Settings(faults=faults)) as url:
        llm = OpenAILLM(model="m", base_url=f"{url}/v1", api_key="k")
        llm.load()
        model_client = ModelClient(llm, answers=kept, emit=events.append)
        outputs = await model_client.ask_all([chat(f"question {number}") for number in range(200)])
    assert len(outputs) == len(kept) == 200
    assert sum(isinstance(event, ResponseReceived) for event in events) == 200
    assert any(isinstance(event, RequestRetried) for event in events)


async def test_an_endpoint_that_went_away_and_came_back_costs_no_row(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    from distilabel.models.rate_limit import circuit_breaker

    monkeypatch.setattr(circuit_breaker, "FIRST_PAUSE", 0.02)
    monkeypatch.setattr(circuit_breaker, "LONGEST_PAUSE", 0.02)
    replies: list[Callable[..., Any] | Any] = [said("before")]
    replies += [reply({"error": "restarting"}, 503) for _ in range(60)]
    replies += [said("after")]
    async with serving(*replies) as server:
        llm = OpenAILLM(model="m", base_url=f"{server.url}/v1", api_key="k", max_retries=1)
        llm.load()
        limiters = EndpointLimiters()
        outputs = await ModelClient(llm, limiters=limiters).ask_all(
            [chat(str(n)) for n in range(40)]
        )
    assert [output["generations"] for output in outputs].count(["after"]) == 39
    assert [limiter.is_up for limiter in limiters] == [True]


def test_a_synchronous_call_works_without_a_loop() -> None:
    assert made().generate(inputs=[chat("a"), chat("b")])[1]["generations"] == ["2.0"]


@pytest.mark.parametrize(
    "error",
    [EndpointError("the key is wrong"), broken(retry_after=7200.0), asyncio.CancelledError()],
)
async def test_whatever_ends_a_question_it_is_with_the_model_no_longer(error: Any) -> None:
    events: list[Event] = []
    model_client = ModelClient(made(Counting, error), answers=Kept(), emit=events.append)
    with pytest.raises((EndpointError, asyncio.CancelledError)):
        await model_client(chat("a"))
    assert [type(event) for event in events] == [RequestSent, RequestFailed]


async def test_stopping_waits_for_the_generations_that_are_on_their_way() -> None:
    stopping = False
    kept = Kept()

    class Slow(Single):
        async def agenerate(self, input: Any, seed: int | None = None, **kwargs: Any) -> Any:  # type: ignore[override]
            nonlocal stopping
            self.seen.append(seed)
            stopping = len(self.seen) == 2
            await asyncio.sleep(0.01 * len(self.seen))
            return {"generations": ["paid for"], "statistics": {}}

    model_client = ModelClient(
        made(Slow, max_concurrency=2), answers=kept, stopping=lambda: stopping
    )
    with pytest.raises(RunStopped):
        await model_client(chat("a"), 3)
    assert len(kept) == 2


async def test_looking_for_kept_answers_leaves_no_trace_in_work_that_asks_at_once() -> None:
    kept = Kept()
    llm = made(Counting)

    async def work(ask: Any) -> Any:
        return await asyncio.gather(ask(chat("a")), ask(chat("b")))

    first = await work(ModelClient(llm, answers=kept))
    model_client = ModelClient(llm, answers=kept)
    assert model_client.replay(work) is None
    await asyncio.sleep(0)
    await asyncio.sleep(0)
    assert await work(model_client) == first
    assert len(llm.seen) == 2


@pytest.mark.parametrize("tokens", [[numpy.int64(3)], 3, [3, None]])
async def test_answers_are_taken_however_tokens_are_counted(tokens: Any) -> None:
    class Loose(Counting):
        async def agenerate(self, input: Any, num_generations: int = 1) -> Any:  # type: ignore[override]
            self.seen.append(input)
            return {"generations": ["x"], "statistics": {"input_tokens": tokens}}

    kept = Kept()
    llm = made(Loose)
    for _ in range(2):
        events: list[Event] = []
        await ModelClient(llm, answers=kept, emit=events.append)(chat("a"))
        assert isinstance(events[-1], ResponseReceived)
        assert events[-1].input_tokens == 3
    assert len(llm.seen) == 1


async def test_what_cannot_be_kept_is_said_and_costs_no_answer(
    caplog: pytest.LogCaptureFixture,
) -> None:
    class Odd(Counting):
        async def agenerate(self, input: Any, num_generations: int = 1, **kwargs: Any) -> Any:  # type: ignore[override]
            extra = {} if kwargs else {"logprobs": [object()]}
            return {"generations": ["x"], "statistics": {}, **extra}

    for arguments in ({}, {"stopping": object()}):
        caplog.clear()
        kept = Kept()
        model_client = ModelClient(made(Odd, generation_kwargs=arguments), answers=kept)
        assert (await model_client(chat("a")))["generations"] == ["x"]
        await model_client(chat("b"))
        assert not kept
        assert [record.message.count("cannot be stored") for record in caplog.records] == [1]


@pytest.mark.parametrize("whose", ["openai", "anthropic"])
async def test_limits_told_in_headers_are_kept_without_a_refusal(whose: str) -> None:
    settings = Settings(rate_limit=100, limit_headers=whose, latency=Latency.parse("0.01"))
    async with running(settings) as url:
        llm = OpenAILLM(model="m", base_url=f"{url}/v1", api_key=SecretStr(SECRET))
        llm.load()
        await ModelClient(llm, limiters=EndpointLimiters()).ask_all(
            [chat(str(number)) for number in range(170)]
        )
        stats = orjson.loads((await transport.send("GET", f"{url}/stats")).body)
    assert stats["by_status"] == {"200": 170}


async def test_an_outage_of_broken_answers_uses_up_nobodys_tries(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(circuit_breaker, "FIRST_PAUSE", 0.001)
    monkeypatch.setattr(circuit_breaker, "LONGEST_PAUSE", 0.002)
    llm = Counting(errors=[AnswerError("a 500", retryable=True) for _ in range(60)], seen=[])
    llm.load()
    outputs = await ModelClient(llm, limiters=EndpointLimiters()).ask_all(
        [chat(str(number)) for number in range(12)]
    )
    assert len(outputs) == 12
    assert len(llm.seen) == 72


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

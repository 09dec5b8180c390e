"""Protects how one request is sent: leases, claims, charges, retries, and what is stored."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any
from unittest.mock import Mock

import orjson
import pytest
from pydantic import PrivateAttr, SecretStr

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
from distilabel.errors import AnswerError, EndpointError, StoreError
from distilabel.models import LLM, OpenAILLM
from distilabel.models.accounting.budget import Budget
from distilabel.models.batch_jobs.job_builder import JobBuilder
from distilabel.models.client.client import ModelClient
from distilabel.models.http import transport
from distilabel.models.protocol import RunStopped
from distilabel.models.rate_limit import circuit_breaker
from distilabel.models.rate_limit.limiter import EndpointLimiter, Lease, Outcome
from distilabel.models.rate_limit.registry import EndpointLimiters
from distilabel.models.wire.response import Response
from model_doubles import Counting, MemoryStore, broken, chat, made
from serving import reply, said, serving

pytestmark = pytest.mark.usefixtures("client", "at_once")

SECRET = "sk-very-secret-key-1234567890"


async def test_a_retryable_failure_is_retried() -> None:
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


class Checked(Counting):
    """Takes a moment to be checked."""

    _checks: int = PrivateAttr(default=0)

    async def _preflight(self) -> str:
        self._checks += 1
        await asyncio.sleep(0.01)
        return ""


async def test_one_check_of_the_endpoint_serves_all_rows_that_wait_for_it() -> None:
    """Also if the row that came first is cancelled meanwhile."""
    llm: Any = made(Checked)
    client = ModelClient(llm, answers=MemoryStore())
    tasks = [asyncio.create_task(client(chat(str(number)))) for number in range(20)]
    await asyncio.sleep(0)
    tasks[0].cancel()
    answers = await asyncio.gather(*tasks, return_exceptions=True)
    assert isinstance(answers[0], asyncio.CancelledError)
    assert not any(isinstance(answer, BaseException) for answer in answers[1:])
    await client(chat("later"))
    assert (llm._checks, len(llm.seen)) == (1, 20)


async def test_a_failure_that_is_not_retryable_is_not_retried() -> None:
    events: list[Event] = []
    llm = made(Counting, AnswerError("too long", status=400))
    with pytest.raises(AnswerError, match="too long") as caught:
        await ModelClient(llm, emit=events.append)(chat("a"))
    assert caught.value.attempts == 1
    assert len(llm.seen) == 1
    assert isinstance(events[-1], RequestFailed)


@pytest.mark.parametrize("retries", [0, 2])
async def test_retries_end_with_max_retries(retries: int) -> None:
    llm = made(Counting, *(broken() for _ in range(20)), max_retries=retries)
    with pytest.raises(AnswerError) as caught:
        await ModelClient(llm)(chat("a"))
    assert caught.value.attempts == len(llm.seen) == retries + 1


async def test_rejections_for_load_do_not_count_as_retries() -> None:
    llm = made(Counting, *(broken(overloaded=True) for _ in range(5)), max_retries=1)
    assert (await ModelClient(llm)(chat("a")))["generations"] == ["6.0"]


async def test_the_wait_that_the_endpoint_asks_for_is_respected() -> None:
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


async def test_an_endpoint_error_is_raised_at_once() -> None:
    llm = made(Counting, EndpointError("wrong key"))
    with pytest.raises(EndpointError, match="wrong key"):
        await ModelClient(llm).ask_all([chat("a")])
    assert len(llm.seen) == 1


async def test_a_bug_in_the_model_is_not_retried() -> None:
    llm = made(Counting, KeyError("choices"))
    with pytest.raises(AnswerError, match="KeyError: 'choices'") as caught:
        await ModelClient(llm)(chat("a"))
    assert isinstance(caught.value.__cause__, KeyError)
    assert len(llm.seen) == 1


async def test_no_lease_is_lost_however_a_request_ends() -> None:
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


class Locked(MemoryStore):
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

    def release(self, key: bytes) -> None:
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

    class Slow(MemoryStore):
        async def put(self, key: bytes, value: bytes) -> None:
            await asyncio.sleep(0)
            in_flight.extend(limiter.in_flight for limiter in limiters)

    await ModelClient(made(), answers=Slow(), limiters=limiters)(chat("a"))
    assert in_flight == [1]


async def test_a_used_up_budget_sends_no_request_and_returns_the_lease() -> None:
    limiters = EndpointLimiters()
    llm = made(price=(1.0, 1.0))
    budget = Budget(0.0, exhausted=lambda: None)
    with pytest.raises(RunStopped):
        await ModelClient(llm, limiters=limiters, budget=budget)(chat("a"))
    assert llm.seen == []
    assert [limiter.in_flight for limiter in limiters] == [0]


async def test_a_stopped_run_sends_no_request() -> None:
    llm = made()
    with pytest.raises(RunStopped):
        await ModelClient(llm, stopping=lambda: True)(chat("a"))
    assert llm.seen == []


async def test_a_failed_write_is_not_retried_with_another_request() -> None:
    class Full(MemoryStore):
        async def put(self, key: bytes, value: bytes) -> None:
            raise OSError("no space left")

    llm = made()
    with pytest.raises(OSError, match="no space"):
        await ModelClient(llm, answers=Full())(chat("a"))
    assert len(llm.seen) == 1


async def test_a_cancelled_question_cancels_no_other(
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


async def test_an_output_without_text_is_an_error() -> None:
    class Silent(Counting):
        async def agenerate(self, input: Any, **kwargs: Any) -> Any:  # type: ignore[override]
            return {"generations": [None], "statistics": {}}

    with pytest.raises(AnswerError, match="no text"):
        await ModelClient(made(Silent))(chat("a"))


async def test_every_question_is_answered_once_by_a_faulty_endpoint() -> None:
    faults = Faults.parse(["429=0.1", "500=0.05", "drop=0.05", "malformed=0.05", "reset=0.05"])
    store = MemoryStore()
    events: list[Event] = []
    async with running(Settings(faults=faults)) as url:
        llm = OpenAILLM(model="m", base_url=f"{url}/v1", api_key="k")
        llm.load()
        model_client = ModelClient(llm, answers=store, emit=events.append)
        outputs = await model_client.ask_all([chat(f"question {number}") for number in range(200)])
    assert len(outputs) == len(store) == 200
    assert sum(isinstance(event, ResponseReceived) for event in events) == 200
    assert any(isinstance(event, RequestRetried) for event in events)


async def test_an_outage_costs_no_row(
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


@pytest.mark.parametrize(
    "error",
    [EndpointError("the key is wrong"), broken(retry_after=7200.0), asyncio.CancelledError()],
)
async def test_every_request_that_is_sent_ends_in_an_event(error: Any) -> None:
    events: list[Event] = []
    model_client = ModelClient(made(Counting, error), answers=MemoryStore(), emit=events.append)
    # A model that raises CancelledError by itself is not being canceled: only its row fails.
    with pytest.raises((EndpointError, AnswerError)):
        await model_client(chat("a"))
    kinds = [type(event) for event in events if not isinstance(event, UnusableResponse)]
    assert kinds == [RequestSent, RequestFailed]


@pytest.mark.parametrize("whose", ["openai", "anthropic"])
async def test_limits_in_headers_are_respected_without_a_rejection(whose: str) -> None:
    settings = Settings(rate_limit=100, limit_headers=whose, latency=Latency.parse("0.01"))
    async with running(settings) as url:
        llm = OpenAILLM(model="m", base_url=f"{url}/v1", api_key=SecretStr(SECRET))
        llm.load()
        await ModelClient(llm, limiters=EndpointLimiters()).ask_all(
            [chat(str(number)) for number in range(170)]
        )
        stats = orjson.loads((await transport.send("GET", f"{url}/stats")).body)
    assert stats["by_status"] == {"200": 170}


async def test_failures_during_an_outage_do_not_count_as_retries(
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


@pytest.mark.parametrize(
    ("error", "outcome", "wait"),
    [
        (None, Outcome.ANSWERED, None),
        (AnswerError("too long", status=400), Outcome.NEUTRAL, None),
        (broken(), Outcome.FAILED, None),
        (broken(overloaded=True, retry_after=0.001), Outcome.REJECTED, 0.001),
    ],
)
async def test_the_limiter_is_told_how_a_request_ended(
    error: Any, outcome: Outcome, wait: float | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    ended: list[Lease] = []
    release = EndpointLimiter.release

    def watched(limiter: EndpointLimiter, lease: Lease) -> None:
        ended.append(lease)
        release(limiter, lease)

    monkeypatch.setattr(EndpointLimiter, "release", watched)
    llm = made(Counting, *([error] if error else []), max_retries=0)
    client = ModelClient(llm, limiters=EndpointLimiters())
    await asyncio.gather(client(chat("a")), return_exceptions=True)
    lease = ended[0]
    assert (lease.outcome, lease.retry_after) == (outcome, wait)
    assert lease.tokens == (5 if error is None else 0)
    assert (str(error) if error else "") == lease.reason


async def test_the_headers_of_a_reply_without_text_are_read_as_well(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """An endpoint tells its limits with every reply, also with one that is of no use."""
    ended: list[Lease] = []
    monkeypatch.setattr(EndpointLimiter, "_read_headers", lambda self, lease: ended.append(lease))
    async with serving(reply(said(None), X_Limit="1"), reply({}, 400, X_Limit="2")) as server:
        llm = OpenAILLM(model="m", base_url=f"{server.url}/v1", api_key="k", max_retries=0)
        client = ModelClient(llm, limiters=EndpointLimiters())
        for _ in range(2):
            with pytest.raises(AnswerError):
                await client(chat("a"))
    assert [lease.headers and lease.headers["x-limit"] for lease in ended] == ["1", "2"]


async def test_the_headers_of_an_output_without_text_are_read_as_well(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    class Silent(Counting):
        async def agenerate(self, input: Any, num_generations: int = 1, **kwargs: Any) -> Any:  # type: ignore[override]
            output = Response(generations=[None], statistics={})
            output.headers = {"x-limit": "1"}
            return output

    ended: list[Lease] = []
    monkeypatch.setattr(EndpointLimiter, "_read_headers", lambda self, lease: ended.append(lease))
    with pytest.raises(AnswerError, match="no text"):
        await ModelClient(made(Silent), limiters=EndpointLimiters())(chat("a"))
    assert [lease.headers for lease in ended] == [{"x-limit": "1"}]


async def test_hours_before_the_first_attempt_leave_all_patience(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """A request that waited long for its lease is sent again after a rejection, like any other."""
    acquire = EndpointLimiter.acquire
    late = 0.0

    async def after_hours(limiter: EndpointLimiter, key: Any, *, retry: bool = False) -> Lease:
        nonlocal late
        lease = await acquire(limiter, key, retry=retry)
        late = 7200.0
        return lease

    monkeypatch.setattr(EndpointLimiter, "acquire", after_hours)
    loop = asyncio.get_running_loop()
    time = loop.time
    monkeypatch.setattr(loop, "time", lambda: time() + late)
    llm = made(Counting, broken(overloaded=True))
    output = await ModelClient(llm, limiters=EndpointLimiters())(chat("a"))
    assert output["generations"] == ["2.0"]


async def test_a_request_without_a_reply_has_no_headers_of_an_earlier_one(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    ended: list[Lease] = []
    monkeypatch.setattr(EndpointLimiter, "_read_headers", lambda self, lease: ended.append(lease))

    async def lost(request: Any) -> Any:
        request.transport.abort()
        return reply({})

    async with serving(reply(said("a"), X_Limit="1"), lost, reply(said("b"))) as server:
        llm = OpenAILLM(model="m", base_url=f"{server.url}/v1", api_key="k")
        client = ModelClient(llm, limiters=EndpointLimiters())
        for text in "ab":
            assert (await client(chat(text)))["generations"] == [text]
    assert [lease.headers and lease.headers.get("x-limit") for lease in ended] == ["1", None, None]


# -- a model that the endpoint does not list ------------------------------------------------------


def unlisted(url: str, **fields: Any) -> OpenAILLM:
    llm = OpenAILLM(model="gpt-3.5-turbo", base_url=f"{url}/v1", api_key=SecretStr("k"), **fields)
    llm.load()
    return llm


NOT_FOUND = {"error": {"message": "no such model", "code": "model_not_found"}}


async def test_an_unknown_model_ends_the_run_after_one_request() -> None:
    limiters = EndpointLimiters()
    async with serving(reply(NOT_FOUND, 404), models=("gpt-4o", "gpt-4o-mini")) as server:
        client = ModelClient(unlisted(server.url), answers=MemoryStore(), limiters=limiters)
        asked = await asyncio.gather(
            *(client(chat(str(number)), 2) for number in range(20)), return_exceptions=True
        )
        posts = [path for path in server.paths if "completions" in path]
    assert len(posts) == 1
    assert all(isinstance(each, EndpointError) for each in asked)
    assert "does not list the model 'gpt-3.5-turbo'. Did you mean 'gpt-4o" in str(asked[0])
    assert [limiter.in_flight for limiter in limiters] == [0]


async def test_an_unknown_model_ends_a_row_of_several_requests_after_one() -> None:
    class Single(OpenAILLM):
        _num_generations_param_supported = False

    async with serving(reply(NOT_FOUND, 404), models=("other",)) as server:
        llm = Single(model="m7", base_url=f"{server.url}/v1", api_key=SecretStr("k"))
        llm.load()
        with pytest.raises(EndpointError, match="Known: 'other'"):
            await ModelClient(llm, answers=MemoryStore())(chat("a"), 4)
        posts = [path for path in server.paths if "completions" in path]
    assert len(posts) == 1


@pytest.mark.parametrize("first", [said("fine"), said(None), reply({"error": "busy"}, 429)])
async def test_an_answer_opens_the_way_for_an_unlisted_model(first: Any) -> None:
    async with serving(first, said("fine"), models=("llama.gguf",)) as server:
        client = ModelClient(unlisted(server.url), answers=MemoryStore())
        answers = await client.ask_all([chat(str(number)) for number in range(20)])
    assert all(answer["generations"] == ["fine"] for answer in answers)


async def test_an_answer_without_a_text_shows_as_well_that_an_unlisted_model_exists() -> None:
    limiters = EndpointLimiters()
    refused = said(None)
    refused["choices"][0]["finish_reason"] = "content_filter"
    async with serving(refused, models=("llama.gguf",)) as server:
        llm = unlisted(server.url)
        with pytest.raises(AnswerError, match="no text"):
            await ModelClient(llm, answers=MemoryStore(), limiters=limiters)(chat("a"))
    # From here on, requests are sent side by side.
    assert limiters.of(llm).doubt == ""


async def test_a_wrong_key_is_told_without_names_of_models() -> None:
    async with serving(reply({"error": "no"}, 401), models=("llama.gguf",)) as server:
        with pytest.raises(EndpointError, match="api_key") as caught:
            await ModelClient(unlisted(server.url), answers=MemoryStore())(chat("a"))
    assert "llama" not in str(caught.value)


async def test_a_batch_job_is_not_submitted_for_an_unlisted_model() -> None:
    async with serving({}, models=("gpt-4o",)) as server:
        llm = unlisted(server.url)
        builder: Any = object.__new__(JobBuilder)
        builder.api = llm._batch_api()
        client = ModelClient(llm, answers=MemoryStore(), job_builder=builder)
        with pytest.raises(EndpointError, match=r"does not list .* No question was sent"):
            await client(chat("a"))


async def test_an_answer_that_cannot_be_parsed_again_is_not_stored() -> None:
    store, llm = MemoryStore(), made(Counting)
    for readable in (False, True, True):
        accepts = Mock(return_value=readable)
        output = await ModelClient(llm, answers=store).again(chat("a"), 1, 0, accepts)
        assert len(store) == readable
    # The readable one was found by the last.
    assert len(llm.seen) == 2
    assert output["generations"] == ["2.0"]

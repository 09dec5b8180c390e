"""Protects what an answer is metered and priced at."""

from __future__ import annotations

import asyncio
from typing import Any

import numpy
import pytest

from distilabel._core.events import (
    Event,
    RequestFailed,
    ResponseReceived,
    UnusableResponse,
)
from distilabel.errors import AnswerError
from distilabel.models import LLM
from distilabel.models.accounting.budget import Budget
from distilabel.models.accounting.prices import Usage
from distilabel.models.accounting.usage import UsageMeter
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


@pytest.mark.parametrize("tokens", [[-3], "many", [float("nan")], {"a": 1}, [[1]]])
async def test_odd_statistics_of_a_model_cost_no_answer_and_are_charged_at_most(
    tokens: Any,
) -> None:
    class Odd(Counting):
        async def agenerate(  # type: ignore[override]
            self, input: Any, num_generations: int = 1, max_new_tokens: int = 100
        ) -> Any:
            return {"generations": ["x"], "statistics": {"input_tokens": tokens}}

    budget = Budget(1.0, lambda: None)
    llm = made(Odd, price=(1000.0, 1000.0))
    assert (await ModelClient(llm, budget=budget)(chat("a")))["generations"] == ["x"]
    assert 0.1 < budget.spent < 0.3


async def test_a_request_that_is_given_up_is_charged_at_most() -> None:
    class Hanging(Counting):
        async def agenerate(  # type: ignore[override]
            self, input: Any, num_generations: int = 1, max_new_tokens: int = 100
        ) -> Any:
            self.seen.append(input)
            await asyncio.sleep(3600)

    events: list[Event] = []
    budget = Budget(1.0, lambda: None)
    llm = made(Hanging, price=(0.0, 1000.0))
    client = ModelClient(llm, budget=budget, emit=events.append)
    asking = asyncio.ensure_future(client(chat("a")))
    while not llm.seen:  # noqa: ASYNC110 (the model has no event)
        await asyncio.sleep(0)
    asking.cancel()
    with pytest.raises(asyncio.CancelledError):
        await asking
    assert budget.spent == pytest.approx(0.1)
    (charged,) = [event for event in events if isinstance(event, UnusableResponse)]
    assert charged.cost == pytest.approx(0.1)
    assert (charged.lost, charged.given_up, charged.output_tokens) == (True, True, 0)
    # It is no longer in flight.
    assert [event.kind for event in events if isinstance(event, RequestFailed)] == [
        "CancelledError"
    ]


async def test_a_request_that_waits_for_its_turn_and_is_given_up_costs_nothing() -> None:
    budget = Budget(1.0, lambda: None)
    llm = made(Counting, price=(0.0, 1.0), max_concurrency=1, requests_per_minute=1)
    events: list[Event] = []
    client = ModelClient(llm, budget=budget, emit=events.append)
    await client(chat("first"))
    spent = budget.spent
    with pytest.raises(TimeoutError):
        async with asyncio.timeout(0.01):
            await client(chat("second"))
    assert budget.spent == spent
    assert not [event for event in events if isinstance(event, UnusableResponse)]


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


class Uncounted(Counting):
    """A model that counts no tokens."""

    async def agenerate(self, input: Any, num_generations: int = 1) -> Any:  # type: ignore[override]
        self.seen.append(input)
        if self.errors:
            raise self.errors.pop(0)
        return {"generations": ["x"], "statistics": {}}


@pytest.mark.parametrize(
    "error",
    [
        None,
        # A reply that cannot be used is charged, though it does not say how much.
        AnswerError("no text", statistics={}),
        # A request whose reply is lost may be charged.
        AnswerError("lost", lost=True),
    ],
)
async def test_what_is_not_counted_is_charged_at_the_most_it_can_cost(error: Any) -> None:
    reserved: list[float] = []

    class Watched(Budget):
        async def reserve(self, most: float) -> bool:
            reserved.append(most)
            return await super().reserve(most)

    budget = Watched(1.0, exhausted=lambda: None)
    llm = made(Uncounted, *([error] if error else []), price=(1.0, 1.0), max_retries=0)
    outcome = ModelClient(llm, budget=budget)(chat("a"))
    await asyncio.gather(outcome, return_exceptions=True)
    assert len(reserved) == 1
    assert 0 < budget.spent == pytest.approx(reserved[0])


async def test_what_cannot_have_been_charged_costs_nothing() -> None:
    budget = Budget(1.0, exhausted=lambda: None)
    llm = made(Uncounted, AnswerError("bad request", status=400), price=(1.0, 1.0))
    with pytest.raises(AnswerError):
        await ModelClient(llm, budget=budget)(chat("a"))
    assert budget.spent == 0.0


async def test_a_budget_lasts_for_as_many_requests_as_it_can_pay_for() -> None:
    over: list[int] = []
    llm = made(price=(0.0, 1.0), max_concurrency=1)
    # An answer has three output tokens; one may have ten.
    budget = Budget(23e-6, exhausted=lambda: over.append(1))
    client = ModelClient(llm, budget=budget)
    asked = await asyncio.gather(
        *(client(chat(str(number)), max_tokens=10) for number in range(9)), return_exceptions=True
    )
    assert [isinstance(each, dict) for each in asked] == [True] * 5 + [False] * 4
    assert budget.spent == pytest.approx(15e-6)
    assert over == [1]


async def test_answers_of_batch_jobs_have_their_price_and_stored_ones_none() -> None:
    events: list[Any] = []
    meter = UsageMeter(made(price=(1.0, 2.0)), "step", events.append, None, job_share=0.5)
    meter.open()
    output: Any = {"generations": ["a"], "statistics": {"input_tokens": [2], "output_tokens": [3]}}
    with await meter.charge(chat("a"), 1, {}) as charge:
        assert await meter.answered(charge, output, 1.0) == 5
    meter.reused(output)
    answered, reused = events
    assert charge.cost == answered.cost == pytest.approx(4e-6)
    assert (answered.in_job, answered.reused) == (True, False)
    assert (reused.in_job, reused.reused, reused.cost) == (False, True, None)


async def test_a_request_that_is_given_up_has_the_price_of_its_batch_job() -> None:
    costs = []
    for share in (None, 0.5):
        llm = made(Counting, price=(0.0, 1000.0))
        meter = UsageMeter(llm, "step", lambda event: None, Budget(9.0, lambda: None), share)
        meter.open()
        charge = await meter.charge(chat("a"), 1, {"max_new_tokens": 100})
        meter.given_up(charge, "why")
        assert charge.cost == pytest.approx(charge.reserved)
        costs.append(charge.cost)
    assert costs[0] > 0
    assert costs[1] == pytest.approx(costs[0] / 2)

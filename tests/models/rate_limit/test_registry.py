"""Protects that models with one endpoint share its limiter, and the smallest of their limits."""

from __future__ import annotations

import asyncio
import gc
from typing import Any, ClassVar

import pytest

from distilabel.errors import EndpointError
from distilabel.models import OpenAILLM
from distilabel.models.client.client import ModelClient
from distilabel.models.rate_limit.concurrency import START
from distilabel.models.rate_limit.limiter import EndpointLimiter
from distilabel.models.rate_limit.registry import EndpointLimiters
from model_doubles import Counting, chat, made


class Measured(Counting):
    """Notes the most requests that all of these models had in flight together."""

    most: ClassVar[int] = 0
    now: ClassVar[int] = 0

    async def agenerate(self, input: Any, num_generations: int = 1, **kwargs: Any) -> Any:  # type: ignore[override]
        Measured.now += 1
        Measured.most = max(Measured.most, Measured.now)
        await asyncio.sleep(0)
        Measured.now -= 1
        return {"generations": ["a"], "statistics": {}}


@pytest.fixture(autouse=True)
def nothing_measured() -> None:
    Measured.most = Measured.now = 0


async def test_models_with_one_endpoint_id_share_its_limits() -> None:
    limiters = EndpointLimiters()
    one, other = (made(max_concurrency=3) for _ in range(2))
    assert limiters.of(one) is limiters.of(other)


def limits(limiter: EndpointLimiter) -> tuple[int, int | None, int | None]:
    user = limiter._user_limits
    requests, tokens = (
        None if bucket is None else round(bucket.rate * 60)
        for bucket in (user._requests, user._tokens)
    )
    return limiter.limit, requests, tokens


@pytest.mark.parametrize("order", [1, -1])
def test_the_smallest_of_all_limits_holds_in_whatever_order_they_come(order: int) -> None:
    limiters = EndpointLimiters()
    models = [
        made(max_concurrency=5),
        made(requests_per_minute=60, tokens_per_minute=9000),
        made(max_concurrency=2, requests_per_minute=90),
        made(tokens_per_minute=6000),
    ]
    for llm in models[::order]:
        limiter = limiters.of(llm)
    assert limits(limiter) == (2, 60, 6000)


def test_a_limit_that_is_set_later_holds() -> None:
    limiters = EndpointLimiters()
    llm = made()
    limiter = limiters.of(llm)
    assert limits(limiter) == (START, None, None)
    llm.max_concurrency = 3
    assert limits(limiters.of(llm)) == (3, None, None)


def test_the_limit_of_a_model_that_is_gone_no_longer_holds() -> None:
    limiters = EndpointLimiters()
    first = made(max_concurrency=1)
    limiters.of(first)
    del first
    gc.collect()
    second = made(max_concurrency=4)
    assert limits(limiters.of(second)) == (4, None, None)


async def test_a_limit_holds_before_the_model_that_has_it_is_asked() -> None:
    limiters = EndpointLimiters()
    free, limited = made(Measured), made(Measured, max_concurrency=2)
    client = ModelClient(free, limiters=limiters)
    ModelClient(limited, limiters=limiters)
    await client.ask_all([chat(str(number)) for number in range(20)])
    assert Measured.most == 2


def test_an_address_with_and_without_a_slash_is_one_endpoint() -> None:
    limiters = EndpointLimiters()
    one, other = (
        OpenAILLM(model="m", base_url=f"http://127.0.0.1:9/v1{end}", api_key="k")
        for end in ("", "/")
    )
    assert limiters.of(one) is limiters.of(other)


def test_other_keys_and_models_are_other_endpoints() -> None:
    limiters = EndpointLimiters()
    url = "http://127.0.0.1:9/v1"
    models = [
        OpenAILLM(model=model, base_url=url, api_key=key)
        for model, key in (("m", "k"), ("m", "other"), ("n", "k"))
    ]
    assert len({id(limiters.of(llm)) for llm in models}) == 3


def test_waiting_requests_of_all_endpoints_are_turned_away() -> None:
    limiters = EndpointLimiters()

    async def wait() -> None:
        limiter = limiters.of(made(max_concurrency=1))
        await limiter.acquire()
        waiting = asyncio.ensure_future(limiter.acquire())
        await asyncio.sleep(0)
        limiters.turn_away(EndpointError("the run ends"))
        with pytest.raises(EndpointError, match="the run ends"):
            await waiting

    asyncio.run(wait())


async def test_models_with_other_endpoints_have_limits_of_their_own() -> None:
    limiters = EndpointLimiters()
    models = [
        OpenAILLM(model="m", base_url="http://a/v1", api_key="one"),
        OpenAILLM(model="m", base_url="http://b/v1", api_key="one"),
        OpenAILLM(model="n", base_url="http://a/v1", api_key="one"),
    ]
    assert len({id(limiters.of(model)) for model in models}) == 3


async def test_clients_outside_a_run_share_the_limit_of_their_endpoint() -> None:
    clients = [ModelClient(made(Measured, max_concurrency=1)) for _ in range(3)]
    await asyncio.gather(*(client.ask_all([chat("a"), chat("b")]) for client in clients))
    assert Measured.most == 1

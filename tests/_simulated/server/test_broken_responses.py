"""Protects that faults break responses as they are named, and are drawn for every request."""

import asyncio
import json
from collections.abc import AsyncIterator
from typing import Any

import aiohttp
import pytest

from distilabel._simulated.answers.faults import Faults
from distilabel._simulated.server import broken_responses
from simulated_client import Client, serving


@pytest.fixture
async def client() -> AsyncIterator[Client]:
    async with serving() as client:
        yield client


async def test_a_retry_draws_a_new_fault() -> None:
    async with serving(faults=Faults.parse(["503=0.5"])) as client:
        question = {"model": "m", "prompt": "a"}
        statuses = [(await client.post("/v1/completions", question))[0] for _ in range(100)]
        assert 25 < statuses.count(503) < 75
        assert statuses.count(503) + statuses.count(200) == 100


@pytest.mark.parametrize(
    ("fault", "error"),
    [
        ("drop", aiohttp.ServerDisconnectedError),
        ("reset", aiohttp.ClientPayloadError),
        ("malformed", json.JSONDecodeError),
    ],
)
async def test_a_broken_response_breaks_the_client(fault: str, error: type[Exception]) -> None:
    async with serving(faults=Faults.parse({fault: 1})) as client:
        with pytest.raises(error):
            await client.chat()
        stats = await client.stats()
        assert stats["by_fault"] == {fault: 1}
        assert stats["answered"] == 0
        assert stats["in_flight"] == 0


async def test_a_response_without_content_is_as_its_fault_says(client: Client) -> None:
    whole = (await client.chat())["choices"][0]["message"]["content"]

    async def choice_with(fault: str) -> tuple[Any, Any]:
        await client.post("/settings", {"faults": [f"{fault}=1"]})
        choice = (await client.chat())["choices"][0]
        return choice["message"]["content"], choice["finish_reason"]

    assert await choice_with("empty") == ("", "stop")
    assert await choice_with("null") == (None, "stop")
    for fault in ("length", "content_filter"):
        assert await choice_with(fault) == (whole[: len(whole) // 2], fault)
    await client.post("/settings", {"faults": {"no_choices": 1}})
    assert (await client.chat())["choices"] == []


async def test_a_slow_response_is_whole(client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(broken_responses, "SLOW_SECONDS", 0.02)
    whole = (await client.chat())["choices"]
    await client.post("/settings", {"faults": ["slow=1"]})
    assert (await client.chat())["choices"] == whole


async def test_a_hanging_request_ends_when_its_client_leaves(client: Client) -> None:
    await client.post("/settings", {"faults": ["hang=1"]})
    with pytest.raises(asyncio.TimeoutError):
        await asyncio.wait_for(client.chat(), timeout=0.1)
    for _ in range(500):
        if (await client.stats())["abandoned"]:
            break
        await asyncio.sleep(0.01)
    assert (await client.stats())["in_flight"] == 0


async def test_a_fault_429_may_have_a_retry_after_header() -> None:
    async with serving(faults=Faults.parse({"429": 1.0}), retry_after=1.0) as client:
        question = {"model": "m", "prompt": "a"}
        status, _, headers = await client.post("/v1/completions", question)
    assert (status, headers["Retry-After"]) == (429, "1")

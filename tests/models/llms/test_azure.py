"""Protects `AzureOpenAILLM`, over HTTP."""

from __future__ import annotations

from typing import Any

import orjson
import pytest
from aiohttp import web

from distilabel.errors import DistilabelUserError, EndpointError
from distilabel.models import AzureOpenAILLM
from distilabel.models.batch_jobs.apis.base import BatchRequest
from distilabel.models.client.client import ModelClient
from distilabel.pipeline.observers.opentelemetry import _provider
from serving import reply, said, serving

pytestmark = pytest.mark.usefixtures("client")

CHAT: Any = [{"role": "user", "content": "Explain tides."}]
KEY = "0123456789abcdef"


def loaded(url: str, **fields: Any) -> AzureOpenAILLM:
    llm = AzureOpenAILLM(**{"model": "mine", "base_url": url, "api_key": KEY, **fields})
    llm.load()
    return llm


@pytest.mark.parametrize("suffix", ["", "/", "/openai/v1", "/openai/v1/"])
async def test_without_a_version_the_api_without_versions_is_asked(
    suffix: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("OPENAI_API_VERSION", raising=False)
    async with serving(said("fine")) as server:
        await loaded(server.url + suffix).agenerate(CHAT, num_generations=2)
    path, body = server.seen[0]
    assert (path, body["model"], body["n"]) == ("/openai/v1/chat/completions", "mine", 2)
    assert server.headers["api-key"] == KEY
    assert "Authorization" not in server.headers


@pytest.mark.parametrize("suffix", ["", "/openai", "/openai/deployments/mine/chat/completions?a=b"])
async def test_with_a_version_the_deployment_is_asked(suffix: str) -> None:
    asked = []

    async def answer(request: web.Request) -> web.Response:
        asked.append(request.path_qs)
        return reply(said("fine"))

    async with serving(answer) as server:
        llm = loaded(server.url + suffix, api_version="2024-10-21")
        output = await llm.agenerate(CHAT)
        await llm.agenerate("Once upon")
    assert output["generations"] == ["fine"]
    assert asked == [
        f"/openai/deployments/mine/{path}?api-version=2024-10-21"
        for path in ("chat/completions", "completions")
    ]


async def test_a_token_of_entra_takes_the_place_of_the_key() -> None:
    async with serving(said("fine")) as server:
        await loaded(server.url, default_headers={"Authorization": "Bearer ey"}).agenerate(CHAT)
    assert server.headers["Authorization"] == "Bearer ey"
    assert "api-key" not in server.headers


async def test_an_unknown_deployment_and_a_wrong_key_end_the_run() -> None:
    missing = {"code": "DeploymentNotFound", "message": "The API deployment does not exist."}
    async with serving(reply({"error": missing}, 404)) as server:
        llm = loaded(server.url, api_version="2024-10-21")
        # Its first request is sent alone.
        assert "'mine' may not be one" in await llm._preflight()
        with pytest.raises(EndpointError, match="deployment does not exist"):
            await ModelClient(llm)(CHAT)
    denied = {"code": "401", "message": f"Access denied due to invalid key {KEY}"}
    async with serving(reply({"error": denied}, 401)) as server:
        with pytest.raises(EndpointError, match="AZURE_OPENAI_API_KEY") as caught:
            await loaded(server.url).agenerate(CHAT)
    assert "[key]" in str(caught.value)
    assert KEY not in str(caught.value)


def test_address_key_and_version_come_from_the_environment(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    for name in ("AZURE_OPENAI_ENDPOINT", "AZURE_OPENAI_API_KEY", "OPENAI_API_VERSION"):
        monkeypatch.delenv(name, raising=False)
    with pytest.raises(DistilabelUserError, match="AZURE_OPENAI_ENDPOINT"):
        AzureOpenAILLM(model="mine", api_key=KEY).load()
    with pytest.raises(DistilabelUserError, match="AZURE_OPENAI_API_KEY"):
        AzureOpenAILLM(model="mine", base_url="https://x.openai.azure.com").load()
    monkeypatch.setenv("AZURE_OPENAI_ENDPOINT", "https://x.openai.azure.com/")
    monkeypatch.setenv("AZURE_OPENAI_API_KEY", KEY)
    monkeypatch.setenv("OPENAI_API_VERSION", "2024-10-21")
    llm = AzureOpenAILLM(model="mine")
    llm.load()
    assert llm.api_version == "2024-10-21"
    assert KEY not in f"{llm!r} {llm.dump()} {llm._endpoint_id()}"
    assert AzureOpenAILLM.from_dict(llm.dump())._identity() == llm._identity()


def test_the_version_is_not_part_of_the_identity() -> None:
    one = AzureOpenAILLM(model="m", base_url="https://x", api_version="2024-10-21")
    other = AzureOpenAILLM(model="m", base_url="https://x/openai/v1", api_version=None)
    assert one._identity() == other._identity()
    assert _provider(one) == "azure.ai.openai"


def test_batch_jobs_are_those_of_the_resource() -> None:
    llm = loaded("https://x.openai.azure.com", api_version="2024-10-21")
    api = llm._batch_api()
    line = orjson.loads(api.encode("a", BatchRequest("chat/completions", b"{}")))
    assert api.endpoint == "https://x.openai.azure.com/openai/v1"
    assert line["url"] == "/chat/completions"

"""Protects each provider that speaks OpenAI's protocol, over HTTP: a row of a table each."""

from __future__ import annotations

import pickle
from dataclasses import dataclass
from typing import Any

import pytest
from pydantic import BaseModel

from distilabel._simulated.server.server import running
from distilabel._simulated.server.settings import Settings
from distilabel.errors import AnswerError, DistilabelUserError, EndpointError
from distilabel.models import (
    AnyscaleLLM,
    GroqLLM,
    MistralLLM,
    OpenAILLM,
    OpenRouterLLM,
    TogetherLLM,
)
from distilabel.models.client.client import ModelClient
from distilabel.pipeline.observers.opentelemetry import _provider
from serving import reply, said, serving

pytestmark = pytest.mark.usefixtures("client")

CHAT: Any = [{"role": "user", "content": "Explain tides."}]
KEY = "sk-simulated-0123456789"


@dataclass(frozen=True)
class Provider:
    """What is special about a provider.

    Attributes:
        cls: Class of its models.
        address: Address of its endpoint.
        prefix: First part of its environment variables.
        telemetry: Name of the provider in spans and metrics.
        batches: Whether it has batch jobs.
        logprobs: Whether it returns log-probabilities.
        address_variable: Last part of the variable of its address; empty for none.
    """

    cls: type[OpenAILLM]
    address: str
    prefix: str
    telemetry: str
    batches: bool = False
    logprobs: bool = True
    address_variable: str = "BASE_URL"

    def loaded(self, url: str, **fields: Any) -> OpenAILLM:
        """A model at an address of the test's."""
        llm = self.cls(**{"model": "m", "base_url": f"{url}/v1", "api_key": KEY, **fields})
        llm.load()
        return llm


PROVIDERS = [
    Provider(OpenAILLM, "https://api.openai.com/v1", "OPENAI", "openai", batches=True),
    Provider(OpenRouterLLM, "https://openrouter.ai/api/v1", "OPENROUTER", "openrouter"),
    Provider(TogetherLLM, "https://api.together.xyz/v1", "TOGETHER", "together_ai"),
    Provider(AnyscaleLLM, "https://api.endpoints.anyscale.com/v1", "ANYSCALE", "anyscale"),
    Provider(
        GroqLLM, "https://api.groq.com/openai/v1", "GROQ", "groq", batches=True, logprobs=False
    ),
    Provider(
        MistralLLM,
        "https://api.mistral.ai/v1",
        "MISTRAL",
        "mistral_ai",
        logprobs=False,
        address_variable="",
    ),
]
each = pytest.mark.parametrize("provider", PROVIDERS, ids=lambda p: p.cls.__name__)


class Form(BaseModel):
    """The form of an answer."""

    n: int


@each
async def test_a_conversation_is_answered_as_often_as_asked(provider: Provider) -> None:
    async with running(Settings(api_key=KEY)) as url:
        ask = ModelClient(provider.loaded(url))
        one, several = await ask(CHAT), await ask(CHAT, 3)
    assert (len(one["generations"]), len(several["generations"])) == (1, 3)
    assert all(several["generations"])
    assert sum(several["statistics"]["output_tokens"]) > 9


@each
async def test_answers_follow_a_schema(provider: Provider) -> None:
    async with running(Settings()) as url:
        llm = provider.loaded(url, structured_output={"schema": Form})
        text = (await llm.agenerate(CHAT))["generations"][0]
    assert Form.model_validate_json(text or "").n is not None


@each
async def test_tools_are_called(provider: Provider) -> None:
    tools = [{"type": "function", "function": {"name": "weather"}}]
    async with running(Settings()) as url:
        output: Any = await provider.loaded(url).agenerate(CHAT, tools=tools)
    assert output["tool_calls"][0][0]["function"]["name"] == "weather"


@pytest.mark.parametrize(
    "provider", [p for p in PROVIDERS if p.logprobs], ids=lambda p: p.cls.__name__
)
async def test_log_probabilities_are_given(provider: Provider) -> None:
    async with running(Settings()) as url:
        output = await provider.loaded(url).agenerate(CHAT, logprobs=True, top_logprobs=2)
    positions = output["logprobs"][0]
    assert "".join(position[0]["token"] for position in positions) == output["generations"][0]


@each
@pytest.mark.parametrize(
    ("status", "kind"), [(400, AnswerError), (401, EndpointError), (429, AnswerError)]
)
async def test_an_error_never_shows_the_key(
    provider: Provider, status: int, kind: type[Exception]
) -> None:
    refusal = reply({"error": {"message": f"no: {KEY}"}}, status)
    async with serving(refusal) as server:
        with pytest.raises(kind, match=r"no: \[key\]") as caught:
            await provider.loaded(server.url).agenerate(CHAT)
    error: Any = caught.value
    assert KEY not in f"{error} {error!r} {getattr(error, 'raw', '')}"
    assert KEY.encode() not in pickle.dumps(error)


@each
async def test_a_wrong_key_and_an_unknown_model_are_found_before_the_first_request(
    provider: Provider,
) -> None:
    async with running(Settings(models=("large", "small"), api_key=KEY)) as url:
        await provider.loaded(url, model="small")._preflight()
        await provider.loaded(url, model="small:variant")._preflight()
        with pytest.raises(EndpointError, match="did you mean 'small'"):
            await provider.loaded(url, model="smal")._preflight()
        with pytest.raises(EndpointError, match="the key"):
            await provider.loaded(url, model="small", api_key="wrong")._preflight()


@each
@pytest.mark.usefixtures("at_once")
async def test_what_may_succeed_later_is_asked_again(provider: Provider) -> None:
    slower = reply({"error": {"message": "slower"}}, 429, retry_after="0")
    async with serving(slower, reply({"error": {"message": "oh"}}, 500), said("fine")) as server:
        output = await ModelClient(provider.loaded(server.url))(CHAT)
    assert output["generations"] == ["fine"]
    assert output["statistics"]["input_tokens"] == [3]
    assert len([path for path in server.paths if path.endswith("/completions")]) == 3


@each
def test_a_dump_makes_the_same_model_again_and_has_no_key(provider: Provider) -> None:
    llm = provider.cls(model="m", api_key=KEY, generation_kwargs={"temperature": 0.5})
    dump = llm.dump()
    assert KEY not in str(dump)
    again = provider.cls.from_dict(dump)
    assert type(again) is provider.cls
    assert (again.model, again.generation_kwargs) == ("m", {"temperature": 0.5})
    assert again._identity() == llm._identity()


@each
def test_key_and_address_are_read_from_the_environment(
    provider: Provider, monkeypatch: pytest.MonkeyPatch
) -> None:
    for each in PROVIDERS:
        monkeypatch.delenv(f"{each.prefix}_API_KEY", raising=False)
        monkeypatch.delenv(f"{each.prefix}_BASE_URL", raising=False)
    assert provider.cls(model="m")._base == provider.address
    with pytest.raises(DistilabelUserError, match=f"api_key.*{provider.prefix}_API_KEY"):
        provider.cls(model="m").load()
    monkeypatch.setenv(f"{provider.prefix}_API_KEY", KEY)
    monkeypatch.setenv(f"{provider.prefix}_BASE_URL", "http://elsewhere/v1")
    llm = provider.cls(model="m")
    llm.load()
    if provider.address_variable:
        assert llm.base_url == "http://elsewhere/v1"
    assert llm._headers["Authorization"] == f"Bearer {KEY}"
    assert KEY not in f"{llm!r} {llm.dump()} {llm._endpoint_id()}"


@each
def test_telemetry_knows_the_provider(provider: Provider) -> None:
    class Own(provider.cls):  # type: ignore[name-defined,misc]
        """A subclass of a user's."""

    assert _provider(provider.cls(model="m")) == provider.telemetry
    assert _provider(Own(model="m")) == provider.telemetry


@each
def test_a_provider_says_whether_it_has_batch_jobs(provider: Provider) -> None:
    assert (provider.cls(model="m")._batch_api() is not None) is provider.batches

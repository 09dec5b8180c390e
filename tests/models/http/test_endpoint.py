"""Protects the requests that all HTTP providers send: headers, keys in errors, checks."""

from __future__ import annotations

from typing import Any

import pytest
from pydantic import SecretStr

from distilabel.errors import AnswerError, DistilabelUserError, EndpointError
from distilabel.models.http.endpoint import (
    bearer_headers,
    check_endpoint,
    key_fingerprint,
    list_models,
    post,
    read_reply,
    require_key,
)
from distilabel.models.wire import chat_completions
from serving import reply, said, serving

pytestmark = pytest.mark.usefixtures("client")

HEADERS = {"Authorization": "Bearer sk-0123456789"}


async def test_an_output_carries_the_headers_of_its_reply() -> None:
    async with serving(reply(said("fine"), x_ratelimit_limit_requests="7")) as server:
        got = await post(server.url, b"{}", HEADERS, 5)
    output: Any = read_reply(got, chat_completions.parse_response)
    assert output["generations"] == ["fine"]
    assert output.headers["x-ratelimit-limit-requests"] == "7"


@pytest.mark.parametrize("status", [200, 429, 401])
async def test_an_error_carries_the_headers_of_its_reply(status: int) -> None:
    async with serving(reply(said(None), status, x_some="thing")) as server:
        with pytest.raises((AnswerError, EndpointError)) as caught:
            read_reply(await post(server.url, b"{}", HEADERS, 5), chat_completions.parse_response)
    assert caught.value.headers is not None
    assert caught.value.headers["x-some"] == "thing"


async def test_a_key_that_a_server_repeats_is_not_shown() -> None:
    own = {**HEADERS, "X-Mine": "zq-my-own-key"}
    for key in ("sk-0123456789", "zq-my-own-key"):
        async with serving(reply({"error": {"message": f"bad {key}"}}, 400)) as server:
            with pytest.raises(AnswerError, match=r"bad \[key\]") as caught:
                await post(server.url, b"{}", own, 5)
        assert key not in str(caught.value)


async def test_an_endpoint_without_a_list_of_models_passes() -> None:
    async with serving({}, models=()) as server:
        assert await list_models(f"{server.url}/v1", HEADERS) == []
        await check_endpoint(f"{server.url}/v1", HEADERS, "any")
    assert server.paths == ["/v1/models", "/v1/models"]


async def test_a_model_must_be_listed_or_known_by_its_name() -> None:
    async with serving({}, models=("large", "small")) as server:
        await check_endpoint(f"{server.url}/v1", HEADERS, "small")
        with pytest.raises(EndpointError, match="did you mean 'small'"):
            await check_endpoint(f"{server.url}/v1", HEADERS, "smal")


@pytest.mark.parametrize(
    ("model", "listed"),
    [
        ("gpt-3.5-turbo", "/models/llama-3.gguf"),
        ("tgi", "meta-llama/Llama-3.1-8B-Instruct"),
        ("gpt-4o-mini", "gpt-4o"),
        ("gpt-4o-2024-08-06", "gpt-4o"),
        ("gpt-4", "gpt-4o"),
        ("claude-sonnet-4-6", "claude-sonnet-4-5"),
        ("qwen2.5-72b", "qwen2.5-7b"),
        ("llama3", "llama3:latest"),
        ("Org/Name", "org/name"),
        ("model-b", "model-a"),
    ],
)
async def test_a_name_that_a_server_may_serve_all_the_same_is_a_doubt(
    model: str, listed: str
) -> None:
    async with serving({}, models=(listed,)) as server:
        doubt = await check_endpoint(f"{server.url}/v1", HEADERS, model)
    assert f"does not list the model {model!r}" in doubt
    assert repr(listed) in doubt


@pytest.mark.parametrize(
    ("model", "listed"),
    [
        ("openai/gpt-4p", "openai/gpt-4o"),
        ("gtp-4o", "gpt-4o"),
        ("mistral-smal-latest", "mistral-small-latest"),
        ("deepseek-chatt", "deepseek-chat"),
    ],
)
async def test_a_misspelt_name_is_an_error_before_the_first_question(
    model: str, listed: str
) -> None:
    async with serving({}, models=("other", listed)) as server:
        with pytest.raises(EndpointError, match=f"did you mean '{listed}'"):
            await check_endpoint(f"{server.url}/v1", HEADERS, model)


def test_a_missing_key_is_named_with_its_variable() -> None:
    with pytest.raises(DistilabelUserError, match=r"str: no API key.*`api_key`.* THE_KEY"):
        require_key(None, "", "THE_KEY")


def test_headers_of_the_user_win_and_a_fingerprint_shows_no_key() -> None:
    key = SecretStr("sk-0123456789")
    assert bearer_headers(key)["Authorization"] == "Bearer sk-0123456789"
    assert bearer_headers(key, {"Authorization": "mine"})["Authorization"] == "mine"
    assert key_fingerprint(key) != key_fingerprint(None)
    assert "0123456789" not in key_fingerprint(key)

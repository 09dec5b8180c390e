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
    url_of,
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


@pytest.mark.parametrize(
    "given", ["sk-1\n", " sk-1 ", "sk-1\r\n", '"sk-1"', "'sk-1' ", "\ufeffsk-1", "Bearer sk-1"]
)
def test_what_is_copied_along_with_a_key_is_left_out_with_a_word(
    given: str, caplog: pytest.LogCaptureFixture
) -> None:
    assert require_key(SecretStr(given), "", "THE_KEY") == SecretStr("sk-1")
    (record,) = caplog.records
    assert "THE_KEY" in record.getMessage()
    assert "sk-1" not in record.getMessage()


def test_a_good_key_stays_as_it_is_without_a_word(caplog: pytest.LogCaptureFixture) -> None:
    key = SecretStr("sk-ab c_d=='\"")
    assert require_key(key, "", "THE_KEY") == key
    assert not caplog.records


@pytest.mark.parametrize(
    ("given", "named"),
    [("sk-a…b", "HORIZONTAL ELLIPSIS at position 5"), ("sk\n1", r"'\\n' at position 3")],
)
def test_a_character_that_no_key_has_is_named(given: str, named: str) -> None:
    with pytest.raises(DistilabelUserError, match=named) as caught:
        require_key(SecretStr(given), "", "THE_KEY")
    assert "THE_KEY" in str(caught.value)
    assert given not in str(caught.value)


def test_an_empty_key_or_variable_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(DistilabelUserError, match="the API key is empty"):
        require_key(SecretStr(" \n"), "", "THE_KEY")
    monkeypatch.setenv("THE_KEY", "")
    with pytest.raises(DistilabelUserError, match=r"THE_KEY \(it is empty\)"):
        require_key(None, "", "THE_KEY")


def test_headers_of_the_user_win_in_any_case_and_are_checked() -> None:
    key = SecretStr("sk-1")
    assert bearer_headers(key, {"authorization": "mine\n"}) == {
        "Content-Type": "application/json",
        "authorization": "mine",
    }
    for name, value in (("X-A", "a\r\nX-B: b"), ("X A", "a"), ("X-A\n", "a")):
        with pytest.raises(DistilabelUserError, match="default_headers"):
            bearer_headers(key, {name: value})


async def test_a_rejected_key_names_its_variable() -> None:
    async with serving(reply({"error": "no"}, 401)) as server:
        with pytest.raises(EndpointError, match="environment variable THE_KEY"):
            await post(server.url, b"{}", HEADERS, 5, key_variable="THE_KEY")


def test_a_path_goes_before_the_query_of_an_address() -> None:
    assert url_of("http://a/v1", "models") == "http://a/v1/models"
    assert url_of("http://a/v1/?key=b", "models") == "http://a/v1/models?key=b"

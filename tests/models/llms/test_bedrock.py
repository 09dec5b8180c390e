"""Protects `BedrockLLM`, over HTTP, with Amazon's own signer."""

from __future__ import annotations

import re
import sys
from pathlib import Path
from typing import Any

import pytest
from pydantic import BaseModel

from distilabel.errors import AnswerError, DistilabelUserError, EndpointError
from distilabel.models import BedrockLLM
from distilabel.models.accounting.prices import Usage, price_for
from distilabel.models.client.client import ModelClient
from distilabel.pipeline.observers.opentelemetry import _provider
from serving import reply, serving

pytestmark = pytest.mark.usefixtures("client", "account")

CHAT: Any = [{"role": "user", "content": "Explain tides."}]
MODEL = "us.amazon.nova-lite-v1:0"
ID, SECRET, TOKEN = "AKIAIOSFODNN7EXAMPLE", "wJalrXUtnFEMIK7MDENGbPxRfiCY", "session-token-0123"
SAID = {
    "output": {"message": {"role": "assistant", "content": [{"text": "fine"}]}},
    "stopReason": "end_turn",
    "usage": {"inputTokens": 3, "outputTokens": 5, "totalTokens": 8},
}


class Form(BaseModel):
    """The form of an answer."""

    n: int


@pytest.fixture
def account(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """The account of the environment, and no file with another."""
    for name in ("AWS_PROFILE", "AWS_DEFAULT_REGION", "AWS_BEARER_TOKEN_BEDROCK"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("AWS_CONFIG_FILE", str(tmp_path / "config"))
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", str(tmp_path / "credentials"))
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    monkeypatch.setenv("AWS_REGION", "us-east-1")
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", ID)
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", SECRET)
    monkeypatch.setenv("AWS_SESSION_TOKEN", TOKEN)


def loaded(url: str | None = None, **fields: Any) -> BedrockLLM:
    if "api_key" not in fields:
        pytest.importorskip("botocore")
    llm = BedrockLLM(**{"model": MODEL, "base_url": url, **fields})
    llm.load()
    return llm


def failing(status: int, kind: str, message: str) -> Any:
    return reply({"message": message}, status, x_amzn_ErrorType=kind)


async def test_a_conversation_is_asked_and_answered() -> None:
    async with serving(SAID) as server:
        output = await ModelClient(loaded(server.url))(CHAT, 2)
        llm = loaded(server.url, structured_output={"schema": Form})
        await llm.agenerate("Hi", max_new_tokens=3, stop=["a"])
    assert output["generations"] == ["fine", "fine"]
    assert output["statistics"]["output_tokens"] == [5, 5]
    messages = [{"role": "user", "content": [{"text": "Explain tides."}]}]
    assert server.seen[0] == (f"/model/{MODEL}/converse", {"messages": messages})
    assert server.bodies[2]["inferenceConfig"] == {"maxTokens": 3, "stopSequences": ["a"]}
    assert "outputConfig" in server.bodies[2]


async def test_the_signature_is_that_of_the_request_as_it_is_sent() -> None:
    """The service computes it again from what it gets: path, headers and body."""
    seen: list[Any] = []

    async def checked(request: Any) -> Any:
        seen.append((request.raw_path, await request.read(), dict(request.headers)))
        return reply(SAID)

    async with serving(checked) as server:
        llm = loaded(server.url)
        await llm.agenerate([{"role": "user", "content": "Où ?"}])
    ((path, body, headers),) = seen
    assert path == "/model/us.amazon.nova-lite-v1%3A0/converse"
    from botocore.auth import SigV4Auth
    from botocore.awsrequest import AWSRequest

    again = AWSRequest("POST", server.url + path, data=body)
    again.headers["Content-Type"] = headers["Content-Type"]
    again.headers["X-Amz-Date"] = headers["X-Amz-Date"]
    again.headers["X-Amz-Security-Token"] = headers["X-Amz-Security-Token"]
    again.context["timestamp"] = headers["X-Amz-Date"]
    auth = SigV4Auth(llm._credentials, "bedrock", "us-east-1")
    signature = auth.signature(auth.string_to_sign(again, auth.canonical_request(again)), again)
    assert re.search("Signature=(.*)", headers["Authorization"])[1] == signature  # type: ignore[index]
    assert f"Credential={ID}/" in headers["Authorization"]


async def test_an_api_key_needs_no_package(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "botocore.session", None)
    monkeypatch.setenv("AWS_BEARER_TOKEN_BEDROCK", "ABSK0123456789")
    async with serving(SAID) as server:
        await loaded(server.url, api_key="ABSK0123456789").agenerate(CHAT)
        llm = BedrockLLM(model=MODEL, base_url=server.url)
        llm.load()
        await llm.agenerate(CHAT)
    assert server.headers["Authorization"] == "Bearer ABSK0123456789"
    assert "ABSK" not in f"{llm!r} {llm.dump()} {llm._endpoint_id()}"
    monkeypatch.delenv("AWS_BEARER_TOKEN_BEDROCK")
    with pytest.raises(ImportError, match=r"distilabel\[bedrock\]"):
        BedrockLLM(model=MODEL).load()


@pytest.mark.usefixtures("at_once")
async def test_what_may_succeed_later_is_asked_again() -> None:
    slower = failing(429, "ThrottlingException", "Too many requests")
    down = failing(503, "ServiceUnavailableException", "Later")
    async with serving(slower, down, SAID) as server:
        assert (await ModelClient(loaded(server.url))(CHAT))["generations"] == ["fine"]
    assert len(server.seen) == 3


async def test_a_refusal_is_an_error_of_its_kind_and_shows_no_key() -> None:
    wrong = failing(403, "UnrecognizedClientException", f"no: {ID} {TOKEN}")
    unknown = failing(400, "ValidationException", "The provided model identifier is invalid.")
    bad = failing(400, "ValidationException", "too many tokens")
    async with serving(wrong, unknown, bad) as server:
        llm = loaded(server.url)
        with pytest.raises(EndpointError, match="AWS_ACCESS_KEY_ID") as caught:
            await llm.agenerate(CHAT)
        with pytest.raises(EndpointError, match="model identifier"):
            await llm.agenerate(CHAT)
        with pytest.raises(AnswerError, match="too many tokens"):
            await llm.agenerate(CHAT)
    assert not any(key in str(caught.value) for key in (ID, TOKEN))
    assert not any(key in f"{llm!r} {llm.dump()}" for key in (ID, SECRET, TOKEN))


def test_region_and_credentials_are_those_of_field_environment_or_profile(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    def where(**fields: Any) -> tuple[str, str]:
        llm = loaded(**fields)
        return llm._address, llm._credentials.access_key

    assert where() == ("https://bedrock-runtime.us-east-1.amazonaws.com", ID)
    assert where(region="eu-west-1")[0] == "https://bedrock-runtime.eu-west-1.amazonaws.com"
    profile = "[profile mine]\nregion = ap-south-1\naws_access_key_id = AKIAMINE\n"
    (tmp_path / "config").write_text(profile + "aws_secret_access_key = s\n")
    monkeypatch.delenv("AWS_REGION")
    there = "https://bedrock-runtime.ap-south-1.amazonaws.com"
    assert where(profile="mine") == (there, "AKIAMINE")
    with pytest.raises(DistilabelUserError, match=r"other.*`profile`"):
        loaded(profile="other")
    with pytest.raises(DistilabelUserError, match="no region"):
        loaded()
    monkeypatch.delenv("AWS_ACCESS_KEY_ID")
    with pytest.raises(DistilabelUserError, match=r"no credentials.*AWS_ACCESS_KEY_ID"):
        loaded(region="us-east-1")


async def test_before_the_first_question_the_credentials_are_renewed(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    llm = loaded()
    assert "does not list" in await llm._preflight()
    exceptions = pytest.importorskip("botocore.exceptions")

    def expired(*args: Any) -> None:
        raise exceptions.TokenRetrievalError(provider="sso", error_msg="expired")

    monkeypatch.setattr("botocore.auth.SigV4Auth.add_auth", expired)
    with pytest.raises(EndpointError, match=r"expired.*aws sso login"):
        await llm._preflight()


async def test_its_price_and_its_name_in_telemetry_are_known() -> None:
    assert (await price_for(loaded()))(Usage(1000, 100)) is not None
    assert _provider(BedrockLLM(model=MODEL)) == "aws.bedrock"
    assert loaded()._identity() == BedrockLLM(model=MODEL, region="eu-west-1")._identity()

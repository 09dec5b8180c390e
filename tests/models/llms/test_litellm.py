"""Protects `LiteLLM`, with a stand-in for the package, which needs another version of openai."""

from __future__ import annotations

import logging
import sys
from types import ModuleType, SimpleNamespace
from typing import Any

import pytest

from distilabel.errors import AnswerError, EndpointError
from distilabel.models import LiteLLM
from distilabel.models.client.client import ModelClient
from serving import said

CHAT: Any = [{"role": "user", "content": "Explain tides."}]
KEY = "0123456789abcdef"


class UnsupportedParamsError(Exception):
    """As in the package."""

    status_code = 400


class Fault(Exception):
    """An exception of the package, with the status of the reply."""

    def __init__(self, status_code: int, message: str) -> None:
        super().__init__(message)
        self.status_code = status_code


class Package(ModuleType):
    """Answers with what it is given, and records what it is asked."""

    UnsupportedParamsError = UnsupportedParamsError

    def __init__(self) -> None:
        super().__init__("litellm")
        self.asked: list[dict[str, Any]] = []
        self.replies: list[Any] = [said("fine")]
        self.missing: list[str] = []

    async def acompletion(self, **arguments: Any) -> Any:
        self.asked.append(arguments)
        reply = self.replies.pop(0) if len(self.replies) > 1 else self.replies[0]
        if isinstance(reply, Exception):
            raise reply
        return SimpleNamespace(
            model_dump=lambda: reply, _hidden_params={"response_cost": 0.25, "api_base": "x"}
        )

    def validate_environment(self, model: str) -> dict[str, Any]:
        return {"keys_in_environment": not self.missing, "missing_keys": self.missing}


@pytest.fixture
def package(monkeypatch: pytest.MonkeyPatch) -> Package:
    found = Package()
    monkeypatch.setitem(sys.modules, "litellm", found)
    return found


def loaded(**fields: Any) -> LiteLLM:
    llm = LiteLLM(**{"model": "m", **fields})
    llm.load()
    return llm


async def test_a_conversation_is_asked_and_answered(package: Package) -> None:
    output = await loaded().agenerate(CHAT, max_tokens=5)
    assert output["generations"] == ["fine"]
    assert output["statistics"] == {"input_tokens": [3], "output_tokens": [5], "cost": [0.25]}
    assert package.asked == [
        {
            "model": "m",
            "messages": CHAT,
            "temperature": 1.0,
            "top_p": 1.0,
            "max_tokens": 5,
            "timeout": 600,
        }
    ]


async def test_it_is_asked_until_there_are_enough_answers(package: Package) -> None:
    package.replies = [said("a", "b"), said("c")]
    output = await loaded().agenerate(CHAT, num_generations=3)
    assert output["generations"] == ["a", "b", "c"]
    assert [each.get("n") for each in package.asked] == [3, None]


async def test_arguments_that_the_provider_lacks_are_left_out(
    package: Package, caplog: pytest.LogCaptureFixture
) -> None:
    package.replies = [UnsupportedParamsError("m does not support parameters: top_p"), said("a")]
    llm = loaded()
    with caplog.at_level(logging.WARNING):
        await llm.agenerate(CHAT)
        await llm.agenerate(CHAT)
    assert [each.get("drop_params") for each in package.asked] == [None, True, True]
    assert len([each for each in caplog.messages if "parameters: top_p" in each]) == 1


async def test_answers_follow_a_schema(package: Package) -> None:
    schema = {"title": "Form", "type": "object", "properties": {"n": {"type": "integer"}}}
    package.replies = [said('{"n": 1}')]
    await loaded(structured_output={"schema": schema}).agenerate(CHAT)
    assert package.asked[0]["response_format"]["json_schema"]["name"] == "Form"


@pytest.mark.usefixtures("at_once")
async def test_errors_are_those_of_their_kind(package: Package) -> None:
    package.replies = [Fault(429, "RateLimitError: slower"), TimeoutError(), said("fine")]
    assert (await ModelClient(loaded())(CHAT))["generations"] == ["fine"]
    package.replies = [Fault(401, f"AuthenticationError: wrong {KEY}"), Fault(400, f"bad {KEY}")]
    llm = loaded()
    with pytest.raises(EndpointError, match=r"wrong \[key\]") as caught:
        await llm.agenerate(CHAT, api_key=KEY)
    with pytest.raises(AnswerError, match=r"bad \[key\]") as other:
        await llm.agenerate(CHAT, api_key=KEY)
    assert KEY not in f"{caught.value!r} {other.value!r} {other.value.raw}"


async def test_a_missing_key_is_told_before_the_first_question(package: Package) -> None:
    assert await loaded()._preflight() == ""
    package.missing = ["OPENAI_API_KEY"]
    assert "OPENAI_API_KEY" in await loaded()._preflight()
    assert await loaded(generation_kwargs={"api_key": KEY})._preflight() == ""


def test_without_the_package_its_extra_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "litellm", None)
    with pytest.raises(ImportError, match=r"distilabel\[litellm\]"):
        loaded()

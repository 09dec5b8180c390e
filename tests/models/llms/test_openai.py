"""Protects `OpenAILLM`, over real HTTP."""

from __future__ import annotations

import logging
from typing import Any

import pytest
from pydantic import BaseModel, ValidationError

from distilabel._simulated.answers.answer import REASONING_FORMS
from distilabel._simulated.server.server import running
from distilabel._simulated.server.settings import Settings
from distilabel.errors import AnswerError, DistilabelUserError, EndpointError
from distilabel.models import OpenAILLM
from distilabel.models.client.client import ModelClient
from serving import reply, said, serving

pytestmark = pytest.mark.usefixtures("client")

CHAT: Any = [{"role": "user", "content": "Explain tides."}]


class Form(BaseModel):
    """The form of an answer."""

    n: int


def loaded(url: str, **fields: Any) -> OpenAILLM:
    llm = OpenAILLM(**{"model": "m", "base_url": f"{url}/v1", "api_key": "k", **fields})
    llm.load()
    return llm


async def sent(input: Any, fields: dict[str, Any] | None = None, **arguments: Any) -> Any:
    async with serving(said("fine")) as server:
        await loaded(server.url, **(fields or {})).agenerate(input, **arguments)
    return server.bodies[0]


async def test_a_conversation_is_asked_and_answered() -> None:
    async with running(Settings(api_key="k")) as url:
        output = await loaded(url).agenerate(CHAT, num_generations=3)
    assert len({*output["generations"]}) == 3
    assert output["statistics"]["input_tokens"] == [4]
    assert output["statistics"]["output_tokens"][0] > 3


async def test_what_is_sent_for_a_conversation() -> None:
    async with serving(said("fine")) as server:
        llm = loaded(f"{server.url}/", base_url=f"{server.url}/v1/", default_headers={"X-A": "b"})
        await llm.agenerate(CHAT)
    assert server.seen == [
        (
            "/v1/chat/completions",
            {
                "model": "m",
                "messages": CHAT,
                "n": 1,
                "max_tokens": 128,
                "temperature": 1.0,
                "top_p": 1.0,
            },
        )
    ]
    assert server.headers["Authorization"] == "Bearer k"
    assert server.headers["X-A"] == "b"


async def test_all_arguments_are_sent() -> None:
    body = await sent(
        CHAT,
        num_generations=2,
        max_new_tokens=7,
        logprobs=True,
        top_logprobs=3,
        frequency_penalty=0.1,
        presence_penalty=0.2,
        temperature=0.3,
        top_p=0.4,
        stop=["a"],
        response_format={"type": "json_object"},
        extra_body={"min_p": 0.5},
    )
    assert body == {
        "model": "m",
        "messages": CHAT,
        "n": 2,
        "max_tokens": 7,
        "logprobs": True,
        "top_logprobs": 3,
        "frequency_penalty": 0.1,
        "presence_penalty": 0.2,
        "temperature": 0.3,
        "top_p": 0.4,
        "stop": ["a"],
        "response_format": {"type": "json_object"},
        "min_p": 0.5,
    }


async def test_text_is_completed() -> None:
    async with running(Settings()) as url:
        output = await loaded(url).agenerate("Once upon", logprobs=True, top_logprobs=2)
    assert output["generations"][0]
    assert "".join(p[0]["token"] for p in output["logprobs"][0]) == output["generations"][0]
    body = await sent("Once", echo=True, logprobs=True)
    assert (body["prompt"], body["echo"], body["logprobs"]) == ("Once", True, 1)
    assert "messages" not in body


async def test_log_probabilities_of_a_conversation() -> None:
    async with running(Settings()) as url:
        output = await loaded(url).agenerate(CHAT, logprobs=True, top_logprobs=2)
    positions = output["logprobs"][0]
    assert {len(position) for position in positions} == {2}
    assert "".join(position[0]["token"] for position in positions) == output["generations"][0]


async def test_stop_is_not_sent_with_an_image() -> None:
    content = [{"type": "image_url", "image_url": {"url": "data:,"}}]
    body = await sent([{"role": "user", "content": content}], stop="a")
    assert "stop" not in body


async def test_a_structure_of_the_model_holds_for_all_and_one_of_the_input_wins() -> None:
    other = {"schema": {"title": "Other", "type": "object"}}
    fields = {"structured_output": {"schema": Form}}
    body = await sent(CHAT, fields)
    assert body["response_format"]["json_schema"]["name"] == "Form"
    body = await sent((CHAT, None), fields)
    assert body["response_format"]["json_schema"]["name"] == "Form"
    body = await sent((CHAT, other), fields)
    assert body["response_format"]["json_schema"]["name"] == "Other"


def test_a_structure_without_schema_is_told_on_loading() -> None:
    with pytest.raises(DistilabelUserError, match="'schema'"):
        loaded("http://x", structured_output={"format": "json"})


def test_an_unknown_field_is_told() -> None:
    with pytest.raises(ValidationError, match="modle"):
        OpenAILLM(modle="m")  # type: ignore[call-arg]


async def test_a_wrong_type_of_an_argument_is_told() -> None:
    with pytest.raises(ValidationError):
        await loaded("http://x").agenerate(CHAT, max_new_tokens="many")  # type: ignore[arg-type]


async def test_before_the_first_question_key_address_and_model_are_checked() -> None:
    async with running(Settings(models=("gpt-small", "gpt-large"), api_key="k")) as url:
        await loaded(url, model="gpt-small")._preflight()
        with pytest.raises(EndpointError, match="did you mean 'gpt-small'"):
            await loaded(url, model="gpt-smal")._preflight()
        with pytest.raises(EndpointError, match="rejects the key"):
            await loaded(url, model="gpt-small", api_key="wrong")._preflight()
    with pytest.raises(EndpointError, match="base_url"):
        await loaded(url)._preflight()


async def test_a_model_that_is_understood_need_not_be_listed() -> None:
    async with running(Settings()) as url:  # lists one, serves any
        await loaded(url, model="an alias")._preflight()
    async with serving({}, models=()) as server:  # has no list
        await loaded(server.url, model="any")._preflight()


@pytest.mark.parametrize(
    ("status", "kind"), [(400, AnswerError), (401, EndpointError), (404, EndpointError)]
)
async def test_a_refusal_is_an_error_of_its_kind(status: int, kind: type[Exception]) -> None:
    async with serving(reply({"error": {"message": "words"}}, status)) as server:
        with pytest.raises(kind, match="words"):
            await loaded(server.url).agenerate(CHAT)


async def test_no_content_is_an_error_that_says_why() -> None:
    async with serving(said(None)) as server:
        with pytest.raises(AnswerError, match="finish reason: stop"):
            await loaded(server.url).agenerate(CHAT)


def test_models_that_differ_in_address_or_key_are_told_apart() -> None:
    first = OpenAILLM(model="m", base_url="http://x/v1", api_key="a")
    slash = OpenAILLM(model="m", base_url="http://x/v1/", api_key="a")
    other = OpenAILLM(model="m", base_url="http://x/v1", api_key="b")
    assert first._identity() == slash._identity() == other._identity()
    assert first._endpoint_id() != other._endpoint_id()
    assert OpenAILLM(model="m", identity="same", api_key="a")._identity() == "same"


def test_headers_that_let_one_in_are_neither_dumped_nor_shown() -> None:
    secret = {"Authorization": "Bearer s3cret", "X-Api-Key": "s3cret", "Cookie": "s3cret"}
    llm = OpenAILLM(model="m", api_key="k", default_headers={**secret, "X-Title": "mine"})
    assert llm.dump()["default_headers"] == {"X-Title": "mine"}
    assert "s3cret" not in repr(llm)


@pytest.mark.parametrize("form", [form for form in REASONING_FORMS if "think" not in form])
async def test_reasoning_in_a_field_is_kept_apart(form: str) -> None:
    async with running(Settings()) as url:
        plain = await loaded(url).agenerate(CHAT, max_new_tokens=500)
    async with running(Settings(reasoning=form)) as url:
        output: Any = await loaded(url).agenerate(CHAT, num_generations=2, max_new_tokens=500)
    assert output["generations"][0] == plain["generations"][0]
    assert all("Let me think" in (words or "") for words in output["reasoning"])
    assert output["statistics"]["reasoning_tokens"][0] > 10


@pytest.mark.parametrize("form", ["think", "think_end"])
@pytest.mark.parametrize("input", [CHAT, "Explain tides."])
async def test_reasoning_in_the_text_stays_there(form: str, input: Any) -> None:
    async with running(Settings(reasoning=form)) as url:
        output: Any = await loaded(url).agenerate(input, max_new_tokens=500)
    assert "reasoning" not in output
    assert "Let me think" in output["generations"][0]


@pytest.mark.parametrize("form", [form for form in REASONING_FORMS if "think" not in form])
async def test_all_tokens_spent_thinking_says_what_to_raise(form: str) -> None:
    async with running(Settings(reasoning=form)) as url:
        with pytest.raises(AnswerError, match="all 3 tokens thinking: raise max_new_tokens"):
            await loaded(url).agenerate(CHAT, max_new_tokens=3)


async def test_a_model_that_takes_other_arguments_is_asked_otherwise(
    caplog: pytest.LogCaptureFixture,
) -> None:
    settings = Settings(refuses=("max_tokens", "temperature"), reasoning="reasoning")
    async with running(settings) as url:
        llm = loaded(url, max_concurrency=4)
        with caplog.at_level(logging.INFO, logger="distilabel.llm"):
            model_client = ModelClient(llm)
            outputs = await model_client.ask_all([CHAT] * 8, max_new_tokens=40, temperature=0.3)
    assert all(output["statistics"]["output_tokens"] == [40] for output in outputs)
    told = [each.message for each in caplog.records if "does not accept" in each.message]
    assert told == [
        "m does not accept max_tokens. From now on it is sent as max_completion_tokens.",
        "m does not accept temperature. From now on it is left out.",
    ]


async def test_what_a_model_that_reasons_takes_may_be_given_as_extra_body() -> None:
    extra = {"reasoning_effort": "low", "max_completion_tokens": 9}
    body = await sent(CHAT, extra_body=extra)
    assert (body["reasoning_effort"], body["max_completion_tokens"]) == ("low", 9)
    assert "max_tokens" not in body


async def test_a_constraint_is_sent_beside_the_extra_body_which_wins() -> None:
    regex = {"format": "regex", "schema": "[ab]+"}
    body = await sent((CHAT, regex), extra_body={"min_p": 0.1, "guided_regex": "a+"})
    assert body["structured_outputs"] == {"regex": "[ab]+"}
    assert (body["min_p"], body["guided_regex"]) == (0.1, "a+")


async def test_a_key_that_is_set_after_the_model_was_made_is_used(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """As in a notebook: the first `load` says which variable to set, and setting it helps."""
    monkeypatch.delenv("OPENAI_API_KEY", raising=False)
    async with serving(said("fine")) as server:
        llm = OpenAILLM(model="m", base_url=f"{server.url}/v1\n")
        with pytest.raises(DistilabelUserError, match="OPENAI_API_KEY"):
            llm.load()
        dumped = llm.dump()
        monkeypatch.setenv("OPENAI_API_KEY", "sk-late\n")
        llm.load()
        await llm.agenerate(CHAT)
        assert server.headers["Authorization"] == "Bearer sk-late"
        assert llm.dump() == dumped
        llm.unload()


async def test_a_query_of_the_address_is_sent_with_every_request() -> None:
    async with serving(said("fine")) as server:
        llm = loaded(server.url, base_url=f"{server.url}/v1?api_key=k")
        await llm._preflight()
        await llm.agenerate(CHAT)
    assert server.paths == ["/v1/models", "/v1/chat/completions"]


async def test_responses_are_asked_in_place_of_chat_completions() -> None:
    schema = {"structured_output": {"schema": Form}}
    async with running(Settings(api_key="k", reasoning="reasoning")) as url:
        llm = loaded(url, api="responses")
        output = await ModelClient(llm)(CHAT, 3, logprobs=True, top_logprobs=2)
        structured = await loaded(url, api="responses", **schema).agenerate(CHAT)
    # One request for each answer.
    assert len(output["generations"]) == 3
    assert output["statistics"]["input_tokens"] == [4, 4, 4]
    assert output["statistics"]["reasoning_tokens"][0] > 0
    assert output["reasoning"][0]
    positions = output["logprobs"][0]
    assert "".join(position[0]["token"] for position in positions) == output["generations"][0]
    assert Form.model_validate_json(structured["generations"][0] or "").n is not None
    assert llm._identity() != loaded("http://x")._identity()
    assert OpenAILLM.from_dict(llm.dump()).api == "responses"
    assert "api" not in OpenAILLM(model="m").dump()


async def test_a_model_that_needs_responses_says_how_to_ask_for_them() -> None:
    said = "This model is only supported in v1/responses and not in v1/chat/completions."
    async with serving(reply({"error": {"message": said}}, 404)) as server:
        with pytest.raises(EndpointError, match=r'Set `api` to "responses"'):
            await loaded(server.url).agenerate(CHAT)
        with pytest.raises(DistilabelUserError, match="responses have no stop"):
            await loaded(server.url, api="responses").agenerate(CHAT, stop="a")

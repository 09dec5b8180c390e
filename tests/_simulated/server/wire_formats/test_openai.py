"""Protects the wire format of OpenAI as clients see it: requests, responses and errors."""

import json
from collections.abc import AsyncIterator
from typing import Any

import pytest

from distilabel._simulated.answers.answer import REASONING_FORMS
from simulated_client import Client, serving

SCHEMA = {
    "type": "object",
    "properties": {"n": {"type": "integer"}, "s": {"type": "string"}},
    "required": ["n", "s"],
    "additionalProperties": False,
}


@pytest.fixture
async def client() -> AsyncIterator[Client]:
    async with serving() as client:
        yield client


async def test_chat_has_the_shape_and_usage_of_openai(client: Client) -> None:
    body = await client.chat()
    choice = body["choices"][0]
    assert body["object"] == "chat.completion"
    assert body["model"] == "m"
    assert choice["message"]["role"] == "assistant"
    assert choice["finish_reason"] == "stop"
    usage = body["usage"]
    assert usage["prompt_tokens"] == 4
    assert usage["completion_tokens"] == -(-len(choice["message"]["content"]) // 4)
    assert usage["total_tokens"] == usage["prompt_tokens"] + usage["completion_tokens"]


async def test_n_answers_differ_and_are_repeated(client: Client) -> None:
    answers = [
        [choice["message"]["content"] for choice in (await client.chat(n=4))["choices"]]
        for _ in range(2)
    ]
    assert len(set(answers[0])) == 4
    assert answers[0] == answers[1]


async def test_a_seed_of_the_request_changes_the_answer(client: Client) -> None:
    texts = [
        (await client.chat(**options))["choices"][0]["message"]["content"]
        for options in ({}, {"seed": 0}, {"seed": 1})
    ]
    assert len(set(texts)) == 3


@pytest.mark.parametrize("limit", ["max_tokens", "max_completion_tokens"])
async def test_a_maximum_of_tokens_cuts_and_is_reported(client: Client, limit: str) -> None:
    body = await client.chat(**{limit: 3})
    assert body["choices"][0]["finish_reason"] == "length"
    assert body["usage"]["completion_tokens"] == 3
    assert len(body["choices"][0]["message"]["content"]) == 12


async def test_a_stop_sequence_ends_the_answer_before_it(client: Client) -> None:
    whole = (await client.chat())["choices"][0]["message"]["content"]
    stopped = (await client.chat(stop=["zzz", "."]))["choices"][0]
    assert stopped["message"]["content"] == whole.partition(".")[0]
    assert stopped["finish_reason"] == "stop"


async def test_json_schema_and_json_object_are_answered_in_json(client: Client) -> None:
    form = {"type": "json_schema", "json_schema": {"name": "x", "schema": SCHEMA}}
    body = await client.chat(response_format=form)
    assert set(json.loads(body["choices"][0]["message"]["content"])) == {"n", "s"}
    body = await client.chat(response_format={"type": "json_object"})
    assert isinstance(json.loads(body["choices"][0]["message"]["content"]), dict)


async def test_logprobs_cover_the_text_if_requested(client: Client) -> None:
    choice = (await client.chat(logprobs=True, top_logprobs=2))["choices"][0]
    content = choice["logprobs"]["content"]
    assert "".join(token["token"] for token in content) == choice["message"]["content"]
    assert all(len(token["top_logprobs"]) == 2 for token in content)
    assert (await client.chat())["choices"][0]["logprobs"] is None


async def test_completions_answer_every_prompt(client: Client) -> None:
    question = {"model": "m", "prompt": ["Explain tides.", "Explain rain."], "n": 2, "logprobs": 1}
    status, body, _ = await client.post("/v1/completions", question)
    assert status == 200
    assert [choice["index"] for choice in body["choices"]] == [0, 1, 2, 3]
    assert len({choice["text"] for choice in body["choices"]}) == 4
    first = body["choices"][0]
    assert "".join(first["logprobs"]["tokens"]) == first["text"]


@pytest.mark.parametrize(
    ("path", "body", "message"),
    [
        ("/v1/chat/completions", {"messages": [{"role": "user"}]}, "'model'"),
        ("/v1/chat/completions", {"model": "m", "messages": []}, "'messages'"),
        ("/v1/chat/completions", [], "JSON object"),
        ("/v1/completions", {"model": "m", "prompt": [1]}, "'prompt'"),
        ("/v1/completions", {"model": "m", "prompt": "a", "n": 0}, "'n'"),
        ("/v1/completions", {"model": "m", "prompt": "a", "stop": 1}, "'stop'"),
        ("/v1/completions", {"model": "m", "prompt": "a", "stream": True}, "'stream'"),
    ],
)
async def test_an_invalid_request_gets_an_error_that_says_why(
    client: Client, path: str, body: Any, message: str
) -> None:
    status, reply, _ = await client.post(path, body)
    assert status == 400
    assert message in reply["error"]["message"]
    assert reply["error"]["type"] == "invalid_request_error"


async def test_an_unsupported_schema_is_an_error_of_the_request(client: Client) -> None:
    form = {"type": "json_schema", "json_schema": {"schema": {"not": {}}}}
    question = {"model": "m", "messages": [{"role": "user"}], "response_format": form}
    status, reply, _ = await client.post("/v1/chat/completions", question)
    assert status == 400
    assert "'not'" in reply["error"]["message"]


@pytest.mark.parametrize("form", REASONING_FORMS)
async def test_reasoning_is_shown_in_the_chosen_form(form: str) -> None:
    async with serving(reasoning=form) as client:
        body = await client.chat()
    message = body["choices"][0]["message"]
    where = message["content"] if form.startswith("think") else str(message[form])
    assert "Let me think" in where
    assert ("<think>" in where, "</think>" in where) == (
        form == "think",
        form in REASONING_FORMS[3:],
    )
    thought = body["usage"]["completion_tokens_details"]["reasoning_tokens"]
    assert 0 < thought < body["usage"]["completion_tokens"]

"""Protects the wire format of Text Generation Inference as clients see it."""

import json
from collections.abc import AsyncIterator

import pytest

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


async def test_generate_has_the_shape_of_tgi(client: Client) -> None:
    question = {"inputs": "Explain tides.", "parameters": {"max_new_tokens": 5}}
    status, body, _ = await client.post("/generate", question)
    assert status == 200
    assert len(body["generated_text"]) == 20
    assert body["details"]["finish_reason"] == "length"
    assert body["details"]["generated_tokens"] == 5
    assert body["details"]["prefill"] == []
    question["parameters"] = {"grammar": {"type": "json", "value": SCHEMA}}
    _, body, _ = await client.post("/generate", question)
    assert body["details"]["finish_reason"] == "eos_token"
    assert set(json.loads(body["generated_text"])) == {"n", "s"}


async def test_generate_answers_a_regular_expression(client: Client) -> None:
    grammar = {"type": "regex", "value": "yes|no"}
    question = {"inputs": "Is it?", "parameters": {"grammar": grammar}}
    _, body, _ = await client.post("/generate", question)
    assert body["generated_text"] in ("yes", "no")

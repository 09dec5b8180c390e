"""Protects conversations of several rounds with tools, over every protocol."""

from __future__ import annotations

from typing import Any

import orjson
import pytest
from jsonschema import validate

from distilabel._simulated.server.server import running
from distilabel._simulated.server.settings import Settings
from distilabel.errors import AnswerError
from distilabel.models import AnthropicLLM, InferenceEndpointsLLM, OpenAILLM, SimulatedLLM
from distilabel.models.client.client import ModelClient
from distilabel.steps.tasks import ChatGeneration

pytestmark = pytest.mark.usefixtures("client")

SCHEMA = {
    "type": "object",
    "properties": {"city": {"type": "string"}, "days": {"type": "integer", "minimum": 1}},
    "required": ["city", "days"],
}
TOOLS = [{"type": "function", "function": {"name": "weather", "parameters": SCHEMA}}]
QUESTION: Any = {"role": "user", "content": "Will it rain?"}


def model(kind: str, url: str) -> Any:
    if kind == "simulated":
        return SimulatedLLM()
    if kind == "anthropic":
        return AnthropicLLM(model="m", base_url=url, api_key="k")
    if kind == "hugging face":
        return InferenceEndpointsLLM(base_url=url, api_key="k")
    return OpenAILLM(model="m", base_url=f"{url}/v1", api_key="k")


@pytest.mark.parametrize("kind", ["simulated", "openai", "anthropic", "hugging face"])
async def test_a_conversation_of_several_rounds(kind: str) -> None:
    async with running(Settings()) as url:
        llm = model(kind, url)
        llm.load()
        ask = ModelClient(llm)
        output: Any = await ask([QUESTION], tools=TOOLS)
        ((call,),) = output["tool_calls"]
        assert output["generations"] == [None]
        assert call["function"]["name"] == "weather"
        validate(orjson.loads(call["function"]["arguments"]), SCHEMA)
        asked: Any = {"role": "assistant", "content": None, "tool_calls": [call]}
        result: Any = {"role": "tool", "tool_call_id": call["id"], "content": "It will."}
        output = await ask([QUESTION, asked, result], tools=TOOLS)
        assert output["generations"][0]
        assert "tool_calls" not in output
        # `agenerate` takes such a conversation as well, whatever it validates.
        output = await llm.agenerate([QUESTION, asked, result], tools=TOOLS)
        assert output["generations"][0]


async def test_a_call_that_was_not_asked_for_is_no_answer() -> None:
    class Calling(SimulatedLLM):
        async def agenerate(  # type: ignore[override]
            self, input: Any, num_generations: int = 1, **kwargs: Any
        ) -> Any:
            return await super().agenerate(input, tools=TOOLS)

    with pytest.raises(AnswerError, match="but called a tool"):
        await ModelClient(Calling())([QUESTION])


def test_calls_become_a_column_and_are_no_failure() -> None:
    task = ChatGeneration(name="chat", llm=SimulatedLLM(generation_kwargs={"tools": TOOLS}))
    task.load()
    (row,) = next(task.process([{"messages": [QUESTION]}]))
    assert row["generation"] is None
    assert row["llm_chat_tool_calls"][0]["function"]["name"] == "weather"
    assert "error_chat" not in row["distilabel_metadata"]

"""Protects conversations of several rounds with tools, over every protocol."""

from __future__ import annotations

from typing import Any

import orjson
import pytest
from jsonschema import validate

from distilabel._simulated.server.server import running
from distilabel._simulated.server.settings import Settings
from distilabel.errors import AnswerError
from distilabel.models import (
    AnthropicLLM,
    BedrockLLM,
    CohereLLM,
    GeminiLLM,
    InferenceEndpointsLLM,
    OllamaLLM,
    OpenAILLM,
    SimulatedLLM,
)
from distilabel.models.client.client import ModelClient
from distilabel.steps.tasks import ChatGeneration, ToolTrajectory
from serving import served

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
    api: Any = "responses" if kind == "responses" else "chat"
    return OpenAILLM(model="m", base_url=f"{url}/v1", api_key="k", api=api)


@pytest.mark.parametrize("kind", ["simulated", "openai", "responses", "anthropic", "hugging face"])
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


OLLAMA = {
    "message": {
        "content": "",
        "tool_calls": [{"function": {"name": "weather", "arguments": {"city": "Rome"}}}],
    },
    "done_reason": "stop",
}
GEMINI = {
    "candidates": [
        {
            "content": {"parts": [{"functionCall": {"name": "weather", "args": {"city": "Rome"}}}]},
            "finishReason": "STOP",
        }
    ]
}
COHERE = {
    "message": {
        "tool_calls": [
            {
                "id": "a",
                "type": "function",
                "function": {"name": "weather", "arguments": '{"city":"Rome"}'},
            }
        ]
    },
    "finish_reason": "TOOL_CALL",
}
BEDROCK = {
    "output": {
        "message": {
            "content": [
                {"toolUse": {"toolUseId": "a", "name": "weather", "input": {"city": "Rome"}}}
            ]
        }
    },
    "stopReason": "tool_use",
}


@pytest.mark.parametrize(
    ("made", "called", "said", "path"),
    [
        (
            lambda url: OllamaLLM(model="m", host=url),
            OLLAMA,
            {"message": {"content": "Rain."}, "done_reason": "stop"},
            ("messages", -1, "tool_name"),
        ),
        (
            lambda url: GeminiLLM(model="m", base_url=url, api_key="k"),
            GEMINI,
            {"candidates": [{"content": {"parts": [{"text": "Rain."}]}, "finishReason": "STOP"}]},
            ("contents", -1, "parts", 0, "functionResponse", "name"),
        ),
        (
            lambda url: CohereLLM(model="m", base_url=url, api_key="k"),
            COHERE,
            {"message": {"content": [{"type": "text", "text": "Rain."}]}},
            ("messages", -2, "tool_calls", 0, "function", "name"),
        ),
        (
            lambda url: BedrockLLM(model="m", base_url=url, api_key="k", region="us-east-1"),
            BEDROCK,
            {"output": {"message": {"content": [{"text": "Rain."}]}}, "stopReason": "end_turn"},
            ("messages", -2, "content", 0, "toolUse", "name"),
        ),
    ],
    ids=["Ollama", "Gemini", "Cohere", "Bedrock"],
)
def test_protocols_of_their_own_call_tools_in_several_rounds(
    made: Any, called: Any, said: Any, path: Any
) -> None:
    """Each reply is one that its provider documents; the next request holds call and result."""

    def weather(city: str) -> str:
        """Looks at the sky."""
        return f"Rain in {city}."

    with served(called, called, said) as server:
        task = ToolTrajectory(llm=made(server.url), functions=[weather])
        task.load()
        (row,) = next(task.process([{"instruction": "Will it rain?"}]))
    assert row["messages"][-1] == {"role": "assistant", "content": "Rain."}
    assert [message["role"] for message in row["messages"]].count("tool") == 2
    assert (row["tool_calls"], row["tool_errors"]) == (2, 0)
    asked = server.bodies[-1]
    assert "Rain in Rome." in str(asked)
    assert "Looks at the sky." in str(asked)
    for key in path:
        asked = asked[key]
    assert asked == "weather"


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

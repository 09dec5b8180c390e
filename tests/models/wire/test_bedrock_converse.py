"""Protects the maps to and from Bedrock's Converse, held to Amazon's own description of it."""

from __future__ import annotations

from typing import Any

import orjson
import pytest

from distilabel.errors import AnswerError, DistilabelUserError
from distilabel.models.wire.bedrock_converse import encode_request, parse_response
from distilabel.models.wire.structure import Structure

CHAT = [{"role": "user", "content": "Hi"}]
CALL = {
    "id": "tooluse_1",
    "type": "function",
    "function": {"name": "weather", "arguments": '{"city":"Rome"}'},
}
FUNCTION = {
    "name": "weather",
    "description": "Asks.",
    "strict": True,
    "parameters": {"type": "object"},
}


@pytest.fixture(scope="module")
def described() -> Any:
    """Amazon's description of the operation, as its own client reads it."""
    session = pytest.importorskip("botocore.session")
    return session.Session().get_service_model("bedrock-runtime").operation_model("Converse")


def encoded(messages: Any = CHAT, structure: Structure | None = None, **arguments: Any) -> Any:
    return orjson.loads(encode_request(messages, arguments, structure))


def read(*parts: Any, stop: str = "end_turn", **more: Any) -> Any:
    message = {"role": "assistant", "content": [*parts]}
    usage = {"inputTokens": 5, "outputTokens": 7, "totalTokens": 12, **more}
    data = {
        "output": {"message": message},
        "stopReason": stop,
        "usage": usage,
        "metrics": {"latencyMs": 4},
    }
    return parse_response(orjson.dumps(data))


def everything() -> Any:
    """Returns a body with everything that can be sent."""
    image = {"type": "image_url", "image_url": {"url": "data:image/jpg;base64,QUJD"}}
    chat = [
        {"role": "system", "content": "Be brief."},
        {"role": "user", "content": [{"type": "text", "text": "Hi"}, image]},
        {"role": "assistant", "content": "", "tool_calls": [CALL, {**CALL, "id": "tooluse_2"}]},
        {"role": "tool", "tool_call_id": "tooluse_1", "content": "Rain."},
        {"role": "tool", "tool_call_id": "tooluse_2", "content": "Sun."},
        {"role": "user", "content": "Well?"},
    ]
    return encoded(
        chat,
        Structure("json", {"type": "object"}),
        max_new_tokens=9,
        temperature=0.5,
        top_p=0.9,
        stop=["a"],
        tools=[{"type": "function", "function": FUNCTION}, {"cachePoint": {"type": "default"}}],
        tool_choice="required",
        extra_body={
            "inferenceConfig": {"topP": 0.8},
            "additionalModelRequestFields": {"top_k": 4},
        },
    )


def test_everything_is_encoded() -> None:
    use = {"toolUseId": "tooluse_1", "name": "weather", "input": {"city": "Rome"}}
    results = [
        {"toolResult": {"toolUseId": "tooluse_1", "content": [{"text": "Rain."}]}},
        {"toolResult": {"toolUseId": "tooluse_2", "content": [{"text": "Sun."}]}},
    ]
    schema = {"json": {"type": "object"}}
    spec = {"name": "weather", "description": "Asks.", "strict": True, "inputSchema": schema}
    assert everything() == {
        "system": [{"text": "Be brief."}],
        "messages": [
            {
                "role": "user",
                "content": [
                    {"text": "Hi"},
                    {"image": {"format": "jpeg", "source": {"bytes": "QUJD"}}},
                ],
            },
            {
                "role": "assistant",
                "content": [{"toolUse": use}, {"toolUse": {**use, "toolUseId": "tooluse_2"}}],
            },
            # Roles alternate, and all results of a message follow it in one.
            {"role": "user", "content": [*results, {"text": "Well?"}]},
        ],
        "inferenceConfig": {
            "maxTokens": 9,
            "temperature": 0.5,
            "topP": 0.8,
            "stopSequences": ["a"],
        },
        "toolConfig": {
            "tools": [{"toolSpec": spec}, {"cachePoint": {"type": "default"}}],
            "toolChoice": {"any": {}},
        },
        "outputConfig": {
            "textFormat": {
                "type": "json_schema",
                "structure": {"jsonSchema": {"schema": '{"type":"object"}'}},
            }
        },
        "additionalModelRequestFields": {"top_k": 4},
    }


def test_amazon_s_own_client_finds_no_fault_with_a_request(described: Any) -> None:
    from botocore.validate import ParamValidator

    body = everything()
    report = ParamValidator().validate({"modelId": "m", **body}, described.input_shape)
    assert report.generate_report() == ""
    # A field that the service does not have would go unnoticed there.
    assert body.keys() <= described.input_shape.members.keys()


def test_amazon_s_own_client_reads_our_replies_the_same(described: Any) -> None:
    from botocore.parsers import create_parser

    parts = [{"text": "Hm"}, {"toolUse": {"toolUseId": "a", "name": "f", "input": {"n": 1}}}]
    data = {
        "output": {"message": {"role": "assistant", "content": parts}},
        "stopReason": "tool_use",
        "usage": {"inputTokens": 1, "outputTokens": 2, "totalTokens": 3},
        "metrics": {"latencyMs": 4},
    }
    reply = {"status_code": 200, "headers": {}, "body": orjson.dumps(data)}
    parsed = create_parser("rest-json").parse(reply, described.output_shape)
    assert {name: parsed[name] for name in data} == data


@pytest.mark.parametrize(
    ("choice", "sent"),
    [
        ("auto", {"auto": {}}),
        ({"type": "function", "function": {"name": "f"}}, {"tool": {"name": "f"}}),
        ({"any": {}}, {"any": {}}),
    ],
)
def test_the_choice_of_a_tool_is_encoded(choice: Any, sent: Any) -> None:
    tools = [{"type": "function", "function": FUNCTION}]
    assert encoded(tools=tools, tool_choice=choice)["toolConfig"]["toolChoice"] == sent
    assert "toolConfig" not in encoded(tools=tools, tool_choice="none")


def test_what_cannot_be_sent_says_why() -> None:
    with pytest.raises(DistilabelUserError, match="'regex'"):
        encoded(structure=Structure("regex", "a"))
    for url, why in (("https://x/a.png", "an address"), ("data:image/tiff;base64,QQ==", "tiff")):
        part = {"type": "image_url", "image_url": {"url": url}}
        with pytest.raises(AnswerError, match=why):
            encoded([{"role": "user", "content": [part]}])


def test_text_reasoning_calls_and_tokens_are_read() -> None:
    thought = {"reasoningContent": {"reasoningText": {"text": "Hm.", "signature": "s"}}}
    hidden = {"reasoningContent": {"redactedContent": "QQ=="}}
    assert read(thought, hidden, {"text": "Tides "}, {"text": "rise."}) == {
        "generations": ["Tides rise."],
        "reasoning": ["Hm."],
        "statistics": {"input_tokens": [5], "output_tokens": [7]},
    }
    use = {"toolUseId": "tooluse_1", "name": "weather", "input": {"city": "Rome"}}
    output = read({"toolUse": use}, stop="tool_use", cacheReadInputTokens=2)
    assert output["generations"] == [None]
    assert output["tool_calls"] == [[CALL]]
    assert output["statistics"] == {
        "input_tokens": [7],
        "output_tokens": [7],
        "cache_read_tokens": [2],
        "cache_write_tokens": [0],
        "finish_reason": ["tool_calls"],
    }


@pytest.mark.parametrize(
    ("stop", "named"),
    [("max_tokens", "length"), ("guardrail_intervened", "content_filter"), ("new", "new")],
)
def test_the_stop_reason_is_named_as_elsewhere(stop: str, named: str) -> None:
    assert read({"text": "a"}, stop=stop)["statistics"]["finish_reason"] == [named]


def test_no_text_says_why() -> None:
    thought = {"reasoningContent": {"reasoningText": {"text": "Hm."}}}
    with pytest.raises(AnswerError, match="all 7 tokens thinking: raise max_new_tokens"):
        read(thought, stop="max_tokens")
    with pytest.raises(AnswerError) as caught:
        read({"text": "half"}, stop="malformed_tool_use")
    assert caught.value.retryable


@pytest.mark.parametrize("reply", [b"", b"{}", b"[]", b"null", b'{"output": {"message": 1}}'])
def test_what_is_no_answer_may_be_tried_again(reply: bytes) -> None:
    with pytest.raises(AnswerError) as caught:
        parse_response(reply)
    assert caught.value.retryable

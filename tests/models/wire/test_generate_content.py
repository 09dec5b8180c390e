"""Protects the maps to and from Google's `generateContent`. No network."""

from __future__ import annotations

from enum import Enum
from typing import Any

import orjson
import pytest

from distilabel.errors import AnswerError, DistilabelUserError
from distilabel.models.wire.generate_content import encode_request, parse_response
from distilabel.models.wire.structure import Structure

CALL = {"id": "call_0", "type": "function", "function": {"name": "f", "arguments": '{"n":1}'}}
CHAT = [{"role": "user", "content": "Hi"}]


def encoded(messages: Any = CHAT, structure: Structure | None = None, **arguments: Any) -> Any:
    return orjson.loads(encode_request(messages, arguments, structure))


def read(parts: Any, reason: str = "STOP", **more: Any) -> Any:
    candidate = {"content": {"role": "model", "parts": parts}, "finishReason": reason, "index": 0}
    usage = {
        "promptTokenCount": 8,
        "candidatesTokenCount": 5,
        "thoughtsTokenCount": 7,
        "cachedContentTokenCount": 2,
        "totalTokenCount": 20,
    }
    return parse_response(orjson.dumps({"candidates": [candidate], "usageMetadata": usage, **more}))


def test_a_conversation_is_encoded() -> None:
    chat = [
        {"role": "system", "content": "Be brief."},
        {"role": "user", "content": "Hi"},
        {"role": "assistant", "content": "Ho"},
        {"role": "model", "content": "Hm"},
    ]
    assert encoded(chat) == {
        "systemInstruction": {"parts": [{"text": "Be brief."}]},
        "contents": [
            {"role": "user", "parts": [{"text": "Hi"}]},
            {"role": "model", "parts": [{"text": "Ho"}]},
            {"role": "model", "parts": [{"text": "Hm"}]},
        ],
    }
    with pytest.raises(AnswerError, match="'function'"):
        encoded([{"role": "function", "content": "a"}])


def test_tools_calls_and_results_are_encoded() -> None:
    function = {"name": "f", "description": "Asks."}
    signed: Any = {**CALL, "extra_content": {"google": {"thought_signature": "s"}}}
    chat = [
        *CHAT,
        {"role": "assistant", "content": None, "tool_calls": [signed, {**CALL, "id": "b"}]},
        {"role": "tool", "tool_call_id": "call_0", "content": "1"},
        {"role": "tool", "tool_call_id": "b", "content": [{"type": "text", "text": "2"}]},
        {"role": "user", "content": "Well?"},
    ]
    tools = [{"googleSearch": {}}, {"type": "function", "function": function}]
    body = encoded(chat, tools=tools, tool_choice="required")
    called = {"functionCall": {"name": "f", "args": {"n": 1}}}
    assert body["contents"][1:] == [
        {"role": "model", "parts": [{**called, "thoughtSignature": "s"}, called]},
        {
            "role": "user",
            "parts": [
                {"functionResponse": {"name": "f", "response": {"output": text}}} for text in "12"
            ],
        },
        {"role": "user", "parts": [{"text": "Well?"}]},
    ]
    declared = {**function, "parametersJsonSchema": {"type": "object", "properties": {}}}
    assert body["tools"] == [{"googleSearch": {}}, {"functionDeclarations": [declared]}]
    assert body["toolConfig"] == {"functionCallingConfig": {"mode": "ANY"}}
    choice = {"type": "function", "function": {"name": "f"}}
    config = encoded(tools=tools, tool_choice=choice)["toolConfig"]["functionCallingConfig"]
    assert config == {"mode": "ANY", "allowedFunctionNames": ["f"]}


def test_tool_calls_are_read_with_the_signature_that_goes_back() -> None:
    part = {"functionCall": {"name": "f", "args": {"n": 1}}}
    output = read([{**part, "thoughtSignature": "s"}, part])
    signed = {**CALL, "extra_content": {"google": {"thought_signature": "s"}}}
    assert output["tool_calls"] == [[signed, {**CALL, "id": "call_1"}]]
    assert output["generations"] == [None]


def test_arguments_are_encoded() -> None:
    class Category(Enum):
        HARM_CATEGORY_HARASSMENT = 1

    body = encoded(
        temperature=0.5,
        top_p=0.9,
        top_k=4,
        max_output_tokens=9,
        stop_sequences=["a"],
        safety_settings={Category.HARM_CATEGORY_HARASSMENT: "BLOCK_NONE"},
        tools=[{"googleSearch": {}}],
        extra_body={"generationConfig": {"thinkingConfig": {"thinkingBudget": 0}}, "labels": {}},
    )
    del body["contents"]
    assert body == {
        "generationConfig": {
            "temperature": 0.5,
            "topP": 0.9,
            "topK": 4,
            "maxOutputTokens": 9,
            "stopSequences": ["a"],
            "thinkingConfig": {"thinkingBudget": 0},
        },
        "safetySettings": [{"category": "HARM_CATEGORY_HARASSMENT", "threshold": "BLOCK_NONE"}],
        "tools": [{"googleSearch": {}}],
        "labels": {},
    }


def test_structures_are_encoded() -> None:
    config = encoded(structure=Structure("json", {"type": "object"}))["generationConfig"]
    assert config == {
        "responseMimeType": "application/json",
        "responseJsonSchema": {"type": "object"},
    }
    config = encoded(structure=Structure("choice", ["a", "b"]))["generationConfig"]
    assert config["responseSchema"] == {"type": "STRING", "enum": ["a", "b"]}
    with pytest.raises(DistilabelUserError, match="'regex'"):
        encoded(structure=Structure("regex", "a"))


@pytest.mark.parametrize(
    ("url", "part"),
    [
        (
            "data:image/png;base64,QUJD",
            {"inlineData": {"mimeType": "image/png", "data": "QUJD"}},
        ),
        (
            "https://x/a.png?b=c",
            {"fileData": {"mimeType": "image/png", "fileUri": "https://x/a.png?b=c"}},
        ),
    ],
)
def test_images_are_encoded(url: str, part: Any) -> None:
    content = [{"type": "text", "text": "Hi"}, {"type": "image_url", "image_url": {"url": url}}]
    body = encoded([{"role": "user", "content": content}])
    assert body["contents"][0]["parts"] == [{"text": "Hi"}, part]


def test_text_reasoning_and_tokens_are_read() -> None:
    output = read([{"text": "Hm.\n", "thought": True}, {"text": "Tides "}, {"text": "rise."}])
    assert output == {
        "generations": ["Tides rise."],
        "reasoning": ["Hm."],
        "statistics": {
            "input_tokens": [8],
            "output_tokens": [12],
            "reasoning_tokens": [7],
            "cache_read_tokens": [2],
        },
    }


@pytest.mark.parametrize(
    ("reason", "named"),
    [("MAX_TOKENS", "length"), ("SAFETY", "content_filter"), ("OTHER", "OTHER")],
)
def test_the_finish_reason_is_named_as_elsewhere(reason: str, named: str) -> None:
    assert read([{"text": "a"}], reason)["statistics"]["finish_reason"] == [named]


def test_no_text_says_why() -> None:
    with pytest.raises(AnswerError, match="all 12 tokens thinking: raise max_output_tokens"):
        read([], "MAX_TOKENS")
    blocked: Any = {"promptFeedback": {"blockReason": "SAFETY"}, "candidates": []}
    with pytest.raises(AnswerError, match=r"blocked \(SAFETY\)") as caught:
        read([], **blocked)
    assert not caught.value.retryable


@pytest.mark.parametrize("reply", [b"", b"{}", b"[]", b"null", b'{"candidates": 1}'])
def test_what_is_no_answer_may_be_tried_again(reply: bytes) -> None:
    with pytest.raises(AnswerError) as caught:
        parse_response(reply)
    assert caught.value.retryable

"""Protects the maps to and from Google's `generateContent`. No network."""

from __future__ import annotations

from enum import Enum
from typing import Any

import orjson
import pytest

from distilabel.errors import AnswerError, DistilabelUserError
from distilabel.models.wire.generate_content import encode_request, parse_response
from distilabel.models.wire.structure import Structure

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
    with pytest.raises(AnswerError, match="'tool'"):
        encoded([{"role": "tool", "content": "a"}])


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
    with pytest.raises(AnswerError, match="called a tool"):
        read([{"functionCall": {"name": "f", "args": {}}}])
    blocked: Any = {"promptFeedback": {"blockReason": "SAFETY"}, "candidates": []}
    with pytest.raises(AnswerError, match=r"blocked \(SAFETY\)") as caught:
        read([], **blocked)
    assert not caught.value.retryable


@pytest.mark.parametrize("reply", [b"", b"{}", b"[]", b"null", b'{"candidates": 1}'])
def test_what_is_no_answer_may_be_tried_again(reply: bytes) -> None:
    with pytest.raises(AnswerError) as caught:
        parse_response(reply)
    assert caught.value.retryable

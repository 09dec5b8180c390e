"""Protects the maps to and from OpenAI's responses. No network."""

from __future__ import annotations

from typing import Any

import orjson
import pytest

from distilabel.errors import AnswerError, DistilabelUserError
from distilabel.models.wire.responses import encode_request, parse_response

CHAT: Any = [{"role": "user", "content": "Hi"}]
CALL = {"id": "call_1", "type": "function", "function": {"name": "f", "arguments": '{"n":1}'}}
FUNCTION = {"name": "f", "description": "Asks.", "parameters": {"type": "object"}}


def encoded(prompt: Any = CHAT, **arguments: Any) -> Any:
    return orjson.loads(encode_request("m", prompt, arguments))


def message(*parts: Any) -> Any:
    return {"type": "message", "id": "msg_1", "role": "assistant", "content": [*parts]}


def text(words: str, **more: Any) -> Any:
    return {"type": "output_text", "text": words, "annotations": [], **more}


def read(*items: Any, **changes: Any) -> Any:
    """Parses a reply as the documentation shows it."""
    usage = {
        "input_tokens": 36,
        "input_tokens_details": {"cached_tokens": 4, "cache_write_tokens": 3},
        "output_tokens": 87,
        "output_tokens_details": {"reasoning_tokens": 20},
        "total_tokens": 123,
    }
    data = {"id": "resp_1", "status": "completed", "error": None, "output": [*items]}
    return parse_response(orjson.dumps({**data, "usage": usage, **changes}))


def test_a_conversation_is_encoded_and_not_kept_by_the_provider() -> None:
    assert encoded() == {
        "model": "m",
        "input": [{"role": "user", "content": "Hi"}],
        "store": False,
    }
    assert encoded("Hi") == encoded()


def test_images_calls_and_results_are_encoded() -> None:
    image = {"type": "image_url", "image_url": {"url": "https://x/a.png", "detail": "low"}}
    chat = [
        {"role": "system", "content": "Be brief."},
        {"role": "user", "content": [{"type": "text", "text": "What?"}, image]},
        {"role": "assistant", "content": [{"type": "text", "text": "Hm."}], "tool_calls": [CALL]},
        {"role": "tool", "tool_call_id": "call_1", "content": "1"},
        {"role": "assistant", "content": None, "tool_calls": [CALL]},
        {"role": "tool", "tool_call_id": "call_1", "content": [{"type": "text", "text": "2"}]},
    ]
    call = {"type": "function_call", "call_id": "call_1", "name": "f", "arguments": '{"n":1}'}
    result = {"type": "function_call_output", "call_id": "call_1"}
    assert encoded(chat)["input"] == [
        {"role": "system", "content": "Be brief."},
        {
            "role": "user",
            "content": [
                {"type": "input_text", "text": "What?"},
                {"type": "input_image", "image_url": "https://x/a.png", "detail": "low"},
            ],
        },
        {"role": "assistant", "content": "Hm."},
        call,
        {**result, "output": "1"},
        call,
        {**result, "output": "2"},
    ]


def test_arguments_of_chat_completions_are_converted() -> None:
    format = {"type": "json_schema", "json_schema": {"name": "a", "schema": {}, "strict": True}}
    body = encoded(
        n=None,
        max_tokens=9,
        temperature=0.5,
        logprobs=True,
        top_logprobs=2,
        response_format=format,
        tools=[{"type": "function", "function": FUNCTION}, {"type": "web_search"}],
        tool_choice={"type": "function", "function": {"name": "f"}},
        extra_body={
            "reasoning": {"effort": "low", "summary": "auto"},
            "text": {"verbosity": "low"},
            "include": ["reasoning.encrypted_content"],
        },
    )
    del body["input"], body["model"], body["store"]
    assert body == {
        "max_output_tokens": 9,
        "temperature": 0.5,
        "top_logprobs": 2,
        "include": ["message.output_text.logprobs", "reasoning.encrypted_content"],
        "text": {
            "format": {"type": "json_schema", "name": "a", "schema": {}, "strict": True},
            "verbosity": "low",
        },
        "tools": [{"type": "function", **FUNCTION}, {"type": "web_search"}],
        "tool_choice": {"type": "function", "name": "f"},
        "reasoning": {"effort": "low", "summary": "auto"},
    }
    assert encoded(tools=[], tool_choice="required").keys() == encoded().keys()


def test_an_argument_that_responses_lack_is_not_left_out_silently() -> None:
    with pytest.raises(DistilabelUserError, match="no frequency_penalty and no stop"):
        encoded(stop=["a"], frequency_penalty=0.5, presence_penalty=None)


def test_text_reasoning_probabilities_and_tokens_are_read() -> None:
    parts = [{"type": "summary_text", "text": "First."}, {"type": "summary_text", "text": "Then."}]
    thoughts = {"type": "reasoning", "id": "rs_1", "summary": parts}
    tops = [{"token": "Ti", "logprob": -0.1, "bytes": []}, {"token": "To", "logprob": -2.0}]
    logprobs = [{**tops[0], "top_logprobs": tops}, {**tops[1], "top_logprobs": []}]
    assert read(thoughts, message(text("Tides", logprobs=logprobs), text(" rise."))) == {
        "generations": ["Tides rise."],
        "reasoning": ["First.\nThen."],
        "logprobs": [
            [
                [{"token": "Ti", "logprob": -0.1}, {"token": "To", "logprob": -2.0}],
                [{"token": "To", "logprob": -2.0}],
            ]
        ],
        "statistics": {
            "input_tokens": [36],
            "output_tokens": [87],
            "reasoning_tokens": [20],
            "cache_read_tokens": [4],
            "cache_write_tokens": [3],
        },
    }
    # Open models show what they think, not a summary of it.
    shown = {"type": "reasoning", "content": [{"type": "reasoning_text", "text": "Hm."}]}
    assert read({**shown, "summary": []}, message(text("a")))["reasoning"] == ["Hm."]


def test_tool_calls_are_read() -> None:
    call = {"type": "function_call", "id": "fc", "call_id": "call_1", "name": "f"}
    output = read({**call, "arguments": '{"n":1}'})
    assert output["generations"] == [None]
    assert output["tool_calls"] == [[CALL]]
    assert output["statistics"]["finish_reason"] == ["tool_calls"]


@pytest.mark.parametrize(
    ("reason", "named"), [("max_output_tokens", "length"), ("content_filter", "content_filter")]
)
def test_an_answer_that_was_cut_off_says_so(reason: str, named: str) -> None:
    changes: Any = {"status": "incomplete", "incomplete_details": {"reason": reason}}
    assert read(message(text("a")), **changes)["statistics"]["finish_reason"] == [named]


def test_no_text_says_why() -> None:
    cut: Any = {"status": "incomplete", "incomplete_details": {"reason": "max_output_tokens"}}
    with pytest.raises(AnswerError, match="all 87 tokens thinking: raise max_new_tokens"):
        read({"type": "reasoning", "summary": []}, **cut)
    with pytest.raises(AnswerError, match="refused: No") as caught:
        read(message({"type": "refusal", "refusal": "No."}))
    assert not caught.value.retryable
    failed: Any = {"status": "failed", "error": {"code": "server_error", "message": "Oh."}}
    with pytest.raises(AnswerError, match=r"the model failed: Oh\.") as caught:
        read(**failed)
    assert caught.value.retryable
    assert caught.value.statistics is not None


@pytest.mark.parametrize("reply", [b"", b"{}", b"[]", b"null", b'{"output": 1}'])
def test_what_is_no_answer_may_be_tried_again(reply: bytes) -> None:
    with pytest.raises(AnswerError) as caught:
        parse_response(reply)
    assert caught.value.retryable

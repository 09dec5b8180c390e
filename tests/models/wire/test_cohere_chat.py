"""Protects the maps to and from Cohere's chat, version 2. No network."""

from __future__ import annotations

from typing import Any

import orjson
import pytest

from distilabel.errors import AnswerError, DistilabelUserError
from distilabel.models.wire.cohere_chat import encode_request, parse_response
from distilabel.models.wire.structure import Structure

CALL = {"id": "a", "type": "function", "function": {"name": "f", "arguments": '{"n":1}'}}
TOOLS = [{"type": "function", "function": {"name": name}} for name in "fg"]
CHAT = [{"role": "user", "content": "Hi"}]


def read(*parts: Any, reason: str = "COMPLETE", **more: Any) -> Any:
    """Parses a reply as the documentation shows it."""
    message = {"role": "assistant", "content": [*parts], **more.pop("message", {})}
    usage = {
        "billed_units": {"input_tokens": 5, "output_tokens": 418},
        "tokens": {"input_tokens": 71, "output_tokens": 418},
    }
    data = {"id": "c14c", "finish_reason": reason, "message": message, "usage": usage, **more}
    return parse_response(orjson.dumps(data))


def text(words: str) -> dict[str, str]:
    return {"type": "text", "text": words}


def test_a_conversation_is_encoded() -> None:
    arguments = {"k": 3, "p": None, "extra_body": {"thinking": {"type": "disabled"}}}
    structure = Structure("json", {"type": "object"})
    assert orjson.loads(encode_request("m", CHAT, arguments, structure)) == {
        "model": "m",
        "messages": CHAT,
        "stream": False,
        "k": 3,
        "thinking": {"type": "disabled"},
        "response_format": {"type": "json_object", "json_schema": {"type": "object"}},
    }
    with pytest.raises(DistilabelUserError, match="'choice'"):
        encode_request("m", CHAT, {}, Structure("choice", ["a"]))


def test_tools_and_their_results_are_encoded() -> None:
    def sent(choice: Any) -> Any:
        body = orjson.loads(encode_request("m", CHAT, {"tools": TOOLS, "tool_choice": choice}))
        return [tool["function"]["name"] for tool in body["tools"]], body.get("tool_choice")

    assert sent("auto") == (["f", "g"], None)
    assert sent("required") == (["f", "g"], "REQUIRED")
    # The endpoint has no way to name a tool.
    assert sent({"type": "function", "function": {"name": "g"}}) == (["g"], "REQUIRED")
    # A row from Arrow has every key in every message.
    called = {"role": "assistant", "content": None, "tool_calls": [CALL], "name": None}
    result = {"role": "tool", "content": "1", "tool_call_id": "a", "tool_calls": None}
    body = orjson.loads(encode_request("m", [called, result], {}))
    assert body["messages"] == [
        {"role": "assistant", "tool_calls": [CALL]},
        {"role": "tool", "content": "1", "tool_call_id": "a"},
    ]


def test_tool_calls_are_read_with_their_plan() -> None:
    message = {"content": None, "tool_plan": "I will ask.", "tool_calls": [CALL]}
    output = read(reason="TOOL_CALL", message=message)
    assert output["generations"] == [None]
    assert output["tool_calls"] == [[CALL]]
    assert output["reasoning"] == ["I will ask."]


def test_text_reasoning_and_charged_tokens_are_read() -> None:
    assert read({"type": "thinking", "thinking": "Hm."}, text("Tides "), text("rise.")) == {
        "generations": ["Tides rise."],
        "reasoning": ["Hm."],
        "statistics": {"input_tokens": [5], "output_tokens": [418]},
    }


def test_log_probabilities_are_read() -> None:
    chunk = {"text": "Hi", "token_ids": [1], "logprobs": [-0.5]}
    assert read(text("Hi"), logprobs=[chunk])["logprobs"] == [[[{"token": "Hi", "logprob": -0.5}]]]


def test_an_answer_that_was_cut_off_says_so() -> None:
    assert read(text("a"), reason="MAX_TOKENS")["statistics"]["finish_reason"] == ["length"]
    assert "finish_reason" not in read(text("a"), reason="STOP_SEQUENCE")["statistics"]


def test_no_text_says_why() -> None:
    with pytest.raises(AnswerError, match="thinking: raise max_tokens"):
        read({"type": "thinking", "thinking": "Hm."}, reason="MAX_TOKENS")
    with pytest.raises(AnswerError) as caught:
        read(text("half"), reason="TIMEOUT")
    assert caught.value.retryable


@pytest.mark.parametrize("reply", [b"", b"{}", b"[]", b"null", b'{"message": 1}'])
def test_what_is_no_answer_may_be_tried_again(reply: bytes) -> None:
    with pytest.raises(AnswerError) as caught:
        parse_response(reply)
    assert caught.value.retryable

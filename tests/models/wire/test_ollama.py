"""Protects the maps to and from Ollama's `/api/chat` and `/api/generate`. No network."""

from __future__ import annotations

from typing import Any

import orjson
import pytest

from distilabel.errors import AnswerError, DistilabelUserError
from distilabel.models.wire.ollama import encode_request, parse_response
from distilabel.models.wire.structure import Structure

# As its documentation shows it.
CHAT: dict[str, Any] = {
    "model": "llama3.2",
    "created_at": "2023-12-12T14:13:43.416799Z",
    "message": {"role": "assistant", "content": "Hello! How are you today?"},
    "done": True,
    "done_reason": "stop",
    "total_duration": 5191566416,
    "prompt_eval_count": 26,
    "eval_count": 298,
}


def read(**changes: Any) -> Any:
    return parse_response(orjson.dumps({**CHAT, **changes}))


def test_a_conversation_is_encoded() -> None:
    chat = [{"role": "user", "content": "Hello"}]
    options = {"temperature": 0, "num_predict": 5}
    arguments = {
        "format": "",
        "options": options,
        "keep_alive": None,
        "extra_body": {"think": True},
    }
    assert orjson.loads(encode_request("m", chat, arguments)) == {
        "model": "m",
        "stream": False,
        "messages": chat,
        "options": options,
        "think": True,
    }


def test_a_rendered_prompt_is_sent_as_it_is() -> None:
    body = orjson.loads(encode_request("m", "<|user|>", {"format": "json"}))
    assert body == {
        "model": "m",
        "stream": False,
        "prompt": "<|user|>",
        "raw": True,
        "format": "json",
    }


def test_a_schema_is_the_format() -> None:
    structure = Structure("json", {"type": "object"})
    body = orjson.loads(encode_request("m", "a", {"format": "json"}, structure))
    assert body["format"] == {"type": "object"}
    with pytest.raises(DistilabelUserError, match="'regex'"):
        encode_request("m", "a", {}, Structure("regex", "a"))


def test_images_stand_beside_the_text() -> None:
    def chat(url: str) -> Any:
        image = {"type": "image_url", "image_url": {"url": url}}
        return [{"role": "user", "content": [{"type": "text", "text": "What?"}, image]}]

    body = orjson.loads(encode_request("m", chat("data:image/png;base64,QUJD"), {}))
    assert body["messages"] == [{"role": "user", "content": "What?", "images": ["QUJD"]}]
    with pytest.raises(AnswerError, match=r"https://x/a\.png.*does not download"):
        encode_request("m", chat("https://x/a.png"), {})


def test_tool_calls_go_both_ways() -> None:
    function = {"name": "f", "arguments": {"n": 1}}
    output = read(message={"content": "", "tool_calls": [{"function": function}]})
    call = {"id": "call_0", "type": "function"}
    call["function"] = {"name": "f", "arguments": '{"n":1}'}  # type: ignore[assignment]
    assert output["generations"] == [None]
    assert output["tool_calls"] == [[call]]
    # A row from Arrow has every key in every message.
    called = {"role": "assistant", "content": None, "tool_calls": [call], "name": None}
    result = {"role": "tool", "content": "2", "tool_call_id": "call_0", "tool_calls": None}
    body = orjson.loads(encode_request("m", [called, result], {}))
    sent = {"id": "call_0", "function": function}
    assert body["messages"] == [
        {"role": "assistant", "content": "", "tool_calls": [sent]},
        {"role": "tool", "content": "2", "tool_call_id": "call_0", "tool_name": "f"},
    ]


def test_text_and_tokens_are_read() -> None:
    assert read() == {
        "generations": ["Hello! How are you today?"],
        "statistics": {"input_tokens": [26], "output_tokens": [298]},
    }
    generated = {"response": "Hi", "done": True, "done_reason": "stop", "eval_count": 2}
    assert parse_response(orjson.dumps(generated)) == {
        "generations": ["Hi"],
        # A prompt that is in the cache is not counted.
        "statistics": {"input_tokens": [0], "output_tokens": [2]},
    }


def test_reasoning_and_log_probabilities_are_read() -> None:
    tops = [{"token": "Hi", "logprob": -0.1}, {"token": "Ho", "logprob": -2.0}]
    message = {"content": "Hi", "thinking": "Greet.\n"}
    output = read(message=message, logprobs=[{**tops[0], "top_logprobs": tops}, tops[1]])
    assert output["reasoning"] == ["Greet."]
    assert output["logprobs"] == [[tops, [tops[1]]]]


def test_an_answer_that_was_cut_off_says_so() -> None:
    assert read(done_reason="length")["statistics"]["finish_reason"] == ["length"]
    assert "finish_reason" not in read(done_reason="load")["statistics"]


def test_no_text_says_why() -> None:
    with pytest.raises(AnswerError, match="298 tokens thinking: raise num_predict"):
        read(message={"content": "", "thinking": "Hm"}, done_reason="length")
    assert read(message={"content": ""})["generations"] == [""]


@pytest.mark.parametrize(
    "reply", [b"", b"{}", b"[]", b"null", b'{"response": null}', b'{"message": 1}']
)
def test_what_is_no_answer_may_be_tried_again(reply: bytes) -> None:
    with pytest.raises(AnswerError) as caught:
        parse_response(reply)
    assert caught.value.retryable

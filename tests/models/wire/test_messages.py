"""Protects the maps to and from Anthropic's messages. No network."""

from __future__ import annotations

from typing import Any

import orjson
import pytest

from distilabel.errors import AnswerError
from distilabel.models.wire.messages import encode_request, parse_response

CHAT: Any = [{"role": "user", "content": "hi"}]
TOOL: Any = {"name": "Form", "input_schema": {"type": "object"}}


def sent(messages: Any, tool: Any = None, **arguments: Any) -> Any:
    return orjson.loads(encode_request("m", messages, arguments, tool))


def reply(*content: Any, stop_reason: str = "end_turn", **more: Any) -> bytes:
    return orjson.dumps({"content": list(content), "stop_reason": stop_reason, **more})


def said(text: str) -> dict[str, str]:
    return {"type": "text", "text": text}


def test_system_messages_at_the_beginning_stand_apart() -> None:
    system = {"role": "system", "content": "Be brief."}
    assert sent(CHAT) == {"model": "m", "messages": CHAT}
    assert sent([system, *CHAT]) == {"model": "m", "messages": CHAT, "system": "Be brief."}
    twice = sent([system, {"role": "system", "content": [said("Be kind.")]}, *CHAT])
    assert twice["system"] == [said("Be brief."), said("Be kind.")]


def test_what_is_none_is_left_out_and_an_extra_body_wins() -> None:
    body = sent(CHAT, max_tokens=5, top_k=None, extra_body={"max_tokens": 6, "metadata": {}})
    assert body == {"model": "m", "messages": CHAT, "max_tokens": 6, "metadata": {}}


@pytest.mark.parametrize(
    ("url", "source"),
    [
        ("https://x/a.png", {"type": "url", "url": "https://x/a.png"}),
        (
            "data:image/png;base64,QUJD",
            {"type": "base64", "media_type": "image/png", "data": "QUJD"},
        ),
    ],
)
def test_images_are_written_in_its_own_words(url: str, source: Any) -> None:
    content = [said("What is it?"), {"type": "image_url", "image_url": {"url": url}}]
    body = sent([{"role": "user", "content": content}])
    assert body["messages"][0]["content"] == [
        said("What is it?"),
        {"type": "image", "source": source},
    ]


def test_a_structure_is_a_tool_that_has_to_be_used_but_by_a_model_that_thinks() -> None:
    body = sent(CHAT, TOOL, extra_body={"tools": [{"name": "other"}]})
    assert body["tools"] == [{"name": "other"}, TOOL]
    # The model calls the tool of the user, or answers.
    assert body["tool_choice"] == {"type": "any"}
    assert sent(CHAT, TOOL)["tool_choice"] == {"type": "tool", "name": "Form"}
    for kind, choice in (("enabled", "auto"), ("adaptive", "auto"), ("disabled", "tool")):
        body = sent(CHAT, TOOL, extra_body={"thinking": {"type": kind}})
        assert body["tool_choice"]["type"] == choice


def test_text_and_usage_are_read() -> None:
    usage = {"input_tokens": 4, "output_tokens": 9}
    assert parse_response(reply(said("a"), said("b"), usage=usage)) == {
        "generations": ["ab"],
        "statistics": {"input_tokens": [4], "output_tokens": [9]},
    }
    assert parse_response(reply(said("")))["generations"] == [""]


def test_tokens_of_the_cache_are_among_those_read_and_told_apart() -> None:
    cached = {"cache_read_input_tokens": 100, "cache_creation_input_tokens": 10}
    usage = {"input_tokens": 4, "output_tokens": 9, **cached}
    assert parse_response(reply(said("a"), usage=usage))["statistics"] == {
        "input_tokens": [114],
        "output_tokens": [9],
        "cache_read_tokens": [100],
        "cache_write_tokens": [10],
    }


def test_what_the_tool_is_given_is_the_text() -> None:
    use = {"type": "tool_use", "id": "1", "name": "Form", "input": {"n": 1}}
    body = reply(use, stop_reason="tool_use")
    assert parse_response(body, "Form")["generations"] == ['{"n":1}']
    assert parse_response(reply(said("Here it is:"), use), "Form")["generations"] == ['{"n":1}']
    assert parse_response(reply(said("{}")), "Form")["generations"] == ["{}"]
    # Without the tool for structured answers, it is a call.
    assert parse_response(body)["generations"] == [None]


@pytest.mark.parametrize(
    ("reason", "words", "retryable"),
    [
        ("end_turn", "stop", True),
        ("max_tokens", "length", False),
        ("model_context_window_exceeded", "length", False),
        ("refusal", "content_filter", False),
        ("pause_turn", "pause_turn", False),
    ],
)
def test_no_text_at_all_says_why(reason: str, words: str, retryable: bool) -> None:
    with pytest.raises(AnswerError, match=words) as caught:
        parse_response(reply(stop_reason=reason))
    assert caught.value.retryable is retryable


def test_a_structure_that_was_cut_off_is_no_answer() -> None:
    use = {"type": "tool_use", "name": "Form", "input": {}}
    with pytest.raises(AnswerError, match="length"):
        parse_response(reply(use, stop_reason="max_tokens"), "Form")
    assert parse_response(reply(said("half"), stop_reason="max_tokens"))["generations"] == ["half"]


def test_why_it_refused_is_told() -> None:
    with pytest.raises(AnswerError, match="no weapons"):
        parse_response(reply(stop_reason="refusal", stop_details={"explanation": "no weapons"}))


@pytest.mark.parametrize(
    "body", [b"", b'{"content": [{"ty', b"[]", b"null", b"{}", b'{"content": [1]}']
)
def test_what_is_no_answer_may_be_tried_again(body: bytes) -> None:
    with pytest.raises(AnswerError) as caught:
        parse_response(body)
    assert caught.value.retryable


def test_thinking_is_kept_apart() -> None:
    hidden = {"type": "redacted_thinking", "data": "x"}
    thought = {"type": "thinking", "thinking": "hm", "signature": "s"}
    output = parse_response(reply(thought, hidden, said("a")))
    assert (output["generations"], output["reasoning"]) == (["a"], ["hm"])
    assert "reasoning" not in parse_response(reply(hidden, said("a")))


def test_thinking_in_the_text_stays_there() -> None:
    output = parse_response(reply(said("<think>hm</think>a")))
    assert output["generations"] == ["<think>hm</think>a"]
    assert "reasoning" not in output


@pytest.mark.parametrize(
    "block", [{"type": "thinking", "thinking": "hm"}, {"type": "redacted_thinking", "data": "x"}]
)
def test_all_tokens_spent_thinking_says_what_to_raise(block: Any) -> None:
    usage = {"output_tokens": 128}
    with pytest.raises(AnswerError, match="all 128 tokens thinking: raise max_tokens"):
        parse_response(reply(block, stop_reason="max_tokens", usage=usage))

"""Protects the maps to and from OpenAI's formats. No network."""

from __future__ import annotations

from typing import Any

import orjson
import pytest

from distilabel.errors import AnswerError
from distilabel.models.wire.chat_completions import encode_request, parse_response


def body(*choices: Any, **more: Any) -> bytes:
    return orjson.dumps({"choices": list(choices), **more})


def message(content: Any, **more: Any) -> dict[str, Any]:
    return {"message": {"role": "assistant", "content": content}, **more}


def test_a_conversation_and_a_text_have_fields_of_their_own() -> None:
    chat = [{"role": "user", "content": "hi"}]
    assert orjson.loads(encode_request("m", chat, {})) == {"model": "m", "messages": chat}
    assert orjson.loads(encode_request("m", "hi", {})) == {"model": "m", "prompt": "hi"}


def test_what_is_none_is_left_out_and_an_extra_body_wins() -> None:
    arguments = {"n": 0, "stop": None, "top_p": 0.5, "extra_body": {"top_p": 1, "min_p": 0.1}}
    sent = orjson.loads(encode_request("m", "hi", arguments))
    assert sent == {"model": "m", "prompt": "hi", "n": 0, "top_p": 1, "min_p": 0.1}


def test_texts_and_usage_are_read() -> None:
    reply = body(message("a"), message("b"), usage={"prompt_tokens": 4, "completion_tokens": 9})
    assert parse_response(reply) == {
        "generations": ["a", "b"],
        "statistics": {"input_tokens": [4], "output_tokens": [9]},
    }
    assert parse_response(body({"text": "c"}))["generations"] == ["c"]


@pytest.mark.parametrize(
    ("more", "found"),
    [
        ({"refusal": None, "tool_calls": [], "annotations": [], "reasoning": ""}, {}),
        ({"reasoning_content": "so"}, {"reasoning": ["so"]}),
        ({"reasoning_details": [{"text": "so"}]}, {"reasoning": ["so"]}),
        (
            {"tool_calls": [{"id": "1", "function": {"name": "f", "arguments": "{}"}}]},
            {
                "tool_calls": [
                    [{"id": "1", "type": "function", "function": {"name": "f", "arguments": "{}"}}]
                ]
            },
        ),
    ],
)
def test_what_a_message_has_beside_its_text_is_read(more: Any, found: Any) -> None:
    """Replies with a text alone are read on a shorter way, which must miss nothing."""
    choice = {"message": {"role": "assistant", "content": "a", **more}, "finish_reason": "length"}
    output: Any = parse_response(body(choice))
    counts = {"input_tokens": [0], "output_tokens": [0], "finish_reason": ["length"]}
    assert output == {"generations": ["a"], "statistics": counts, **found}


def test_what_was_cached_and_what_is_charged_is_read_where_a_provider_says_so() -> None:
    usage = {"prompt_tokens": 4, "prompt_tokens_details": {"cached_tokens": 3}, "cost": 0.5}
    counts = {"input_tokens": [4], "output_tokens": [0], "cache_read_tokens": [3]}
    assert parse_response(body(message("a"), usage=usage))["statistics"] == {
        **counts,
        "cost": [0.5],
    }
    own_key = {**usage, "is_byok": True, "cost_details": {"upstream_inference_cost": 2.0}}
    charged: Any = parse_response(body(message("a"), usage=own_key))["statistics"]
    assert charged["cost"] == [2.5]


@pytest.mark.parametrize("choices", [[], [message(None)]])
def test_what_is_no_answer_says_what_it_took(choices: list[Any]) -> None:
    with pytest.raises(AnswerError) as caught:
        parse_response(body(*choices, usage={"prompt_tokens": 4, "completion_tokens": 9}))
    assert caught.value.statistics == {"input_tokens": [4], "output_tokens": [9]}
    assert not caught.value.lost


def test_a_reply_that_cannot_be_read_may_have_been_charged_for() -> None:
    with pytest.raises(AnswerError) as caught:
        parse_response(b'{"choices": [')
    assert caught.value.lost


@pytest.mark.parametrize("usage", [None, {}, {"prompt_tokens": None}])
def test_usage_may_be_missing(usage: Any) -> None:
    output = parse_response(body(message("a"), usage=usage))
    assert output["statistics"] == {"input_tokens": [0], "output_tokens": [0]}


def test_an_empty_text_is_an_answer() -> None:
    assert parse_response(body(message("")))["generations"] == [""]


def test_content_in_parts_is_joined() -> None:
    parts = [{"type": "thinking", "x": 1}, {"type": "text", "text": "a"}]
    parts.append({"type": "text", "text": "b"})
    assert parse_response(body(message(parts)))["generations"] == ["ab"]


def test_one_text_of_several_may_be_missing() -> None:
    assert parse_response(body(message(None), message("b")))["generations"] == [None, "b"]


@pytest.mark.parametrize(
    ("choice", "retryable"),
    [
        (message(None), True),
        (message(None, finish_reason="stop"), True),
        (message(None, finish_reason="length"), False),
        (message(None, finish_reason="content_filter"), False),
        (message(None, finish_reason="tool_calls"), False),
        ({"message": {"content": None, "refusal": "I won't"}, "finish_reason": "stop"}, False),
    ],
)
def test_no_text_at_all_says_why(choice: Any, retryable: bool) -> None:
    with pytest.raises(AnswerError) as caught:
        parse_response(body(choice))
    assert caught.value.retryable is retryable
    assert str(choice.get("finish_reason")) in str(caught.value)
    if "refusal" in choice["message"]:
        assert "I won't" in str(caught.value)


@pytest.mark.parametrize(
    "reply",
    [
        b"",
        b'{"choices": [{"mess',
        b"[]",
        b"null",
        b'"text"',
        b"{}",
        b'{"choices": null}',
        b'{"choices": []}',
        b'{"choices": [null]}',
        b'{"choices": [{}]}',
        b'{"choices": [{"message": null}]}',
        b"\xff\xfe",
    ],
)
def test_what_is_no_answer_may_be_tried_again_and_is_kept_for_the_record(reply: bytes) -> None:
    with pytest.raises(AnswerError) as caught:
        parse_response(reply)
    assert caught.value.retryable
    assert caught.value.raw == reply.decode("utf-8", "replace")


def test_log_probabilities_of_a_chat() -> None:
    content = [
        {
            "token": "a",
            "logprob": -0.1,
            "top_logprobs": [{"token": "a", "logprob": -0.1}, {"token": "b", "logprob": -2}],
        },
        {"token": "c", "logprob": -0.3, "top_logprobs": []},
        {"token": "d", "logprob": -0.4},
    ]
    output = parse_response(body(message("acd", logprobs={"content": content}), message("x")))
    assert output["logprobs"] == [
        [
            [{"token": "a", "logprob": -0.1}, {"token": "b", "logprob": -2}],
            [{"token": "c", "logprob": -0.3}],
            [{"token": "d", "logprob": -0.4}],
        ],
        None,
    ]


def test_log_probabilities_of_a_completion() -> None:
    logprobs = {
        "tokens": ["a", "b"],
        "token_logprobs": [None, -0.2],
        "top_logprobs": [None, {"b": -0.2, "c": -1.0}],
    }
    output = parse_response(body({"text": "ab", "logprobs": logprobs}))
    assert output["logprobs"] == [
        [
            [{"token": "a", "logprob": None}],
            [{"token": "b", "logprob": -0.2}, {"token": "c", "logprob": -1.0}],
        ]
    ]


def test_a_text_that_was_cut_in_a_character_is_an_answer() -> None:
    cut = body(message("an owl XX")).replace(b"XX", b"\\ud83e")
    assert parse_response(cut)["generations"] == ["an owl \ufffd"]
    with pytest.raises(AnswerError, match="invalid reply"):
        parse_response(cut[:-2])


@pytest.mark.parametrize(
    "more",
    [
        {"reasoning_content": "hm"},
        {"reasoning": "hm"},
        {"reasoning": [{"type": "summary_text", "text": "hm"}]},
        {"reasoning_details": [{"type": "reasoning.text", "text": "hm"}]},
        {
            "reasoning_details": [
                {"type": "reasoning.encrypted", "data": "x"},
                {"type": "reasoning.summary", "summary": "hm"},
            ]
        },
        {
            "content": [
                {"type": "thinking", "thinking": [{"type": "text", "text": "hm"}]},
                {"type": "text", "text": "a"},
            ]
        },
        {"content": "\n\na", "reasoning": "hm"},
    ],
)
def test_reasoning_in_a_field_of_its_own_is_kept_apart(more: dict[str, Any]) -> None:
    usage = {"completion_tokens": 9, "completion_tokens_details": {"reasoning_tokens": 4}}
    reply = body({"message": {"content": "a", **more}}, message("b"), usage=usage)
    output: Any = parse_response(reply)
    assert (output["generations"], output["reasoning"]) == (["a", "b"], ["hm", None])
    assert output["statistics"]["reasoning_tokens"] == [4]


def test_without_reasoning_nothing_is_said_of_it() -> None:
    details = {"completion_tokens_details": {"reasoning_tokens": 0}}
    empty = message("a", reasoning=None, reasoning_content="", reasoning_details=[])
    output = parse_response(body(empty, usage=details))
    assert output == {
        "generations": ["a"],
        "statistics": {"input_tokens": [0], "output_tokens": [0]},
    }


@pytest.mark.parametrize("text", ["<think>hm</think>a", "hm\n</think>\n\na", "<think>and then"])
@pytest.mark.parametrize("completes", [True, False])
def test_reasoning_in_the_text_stays_there(text: str, completes: bool) -> None:
    choice = {"text": text} if completes else message(text)
    output = parse_response(body(choice))
    assert output["generations"] == [text]
    assert "reasoning" not in output


@pytest.mark.parametrize(
    ("more", "usage"),
    [
        ({"reasoning": "and then"}, {"completion_tokens": 32}),
        # As OpenAI shows it: nothing is said, and nothing of what was thought.
        (
            {},
            {"completion_tokens": 32, "completion_tokens_details": {"reasoning_tokens": 32}},
        ),
    ],
)
def test_all_tokens_spent_thinking_is_no_answer_and_says_what_to_raise(
    more: dict[str, str], usage: Any
) -> None:
    choice = {"message": {"content": "", **more}, "finish_reason": "length"}
    with pytest.raises(AnswerError, match="all 32 tokens thinking: raise max_new_tokens") as caught:
        parse_response(body(choice, usage=usage))
    assert not caught.value.retryable


def test_one_of_several_may_have_spent_all_its_tokens() -> None:
    output = parse_response(body({"message": {"content": "", "reasoning": "hm"}}, message("b")))
    assert (output["generations"], output["reasoning"]) == ([None, "b"], ["hm", None])


def test_thinking_without_a_word_after_it_may_be_tried_again() -> None:
    reply = body({"message": {"content": "", "reasoning": "hm"}, "finish_reason": "stop"})
    with pytest.raises(AnswerError, match="returned reasoning but no text") as caught:
        parse_response(reply)
    assert caught.value.retryable


@pytest.mark.parametrize(
    "usage",
    [
        "[1]",
        '"many"',
        "null",
        '{"prompt_tokens": NaN, "completion_tokens": -3}',
        '{"prompt_tokens": null, "prompt_tokens_details": [1], "cost": "free"}',
        '{"prompt_tokens": [1], "completion_tokens": {}, "completion_tokens_details": 4}',
        '{"prompt_tokens": 1e400, "completion_tokens": 123456789012345678901234567890}',
        '{"cost": -1, "is_byok": true, "cost_details": "none"}',
    ],
)
def test_odd_usage_costs_no_answer_and_counts_as_unknown(usage: str) -> None:
    body = f'{{"choices": [{{"message": {{"content": "a"}}}}], "usage": {usage}}}'
    output = parse_response(body.encode())
    assert output["generations"] == ["a"]
    assert output["statistics"] == {"input_tokens": [0], "output_tokens": [0]}


def test_usage_in_texts_and_floats_is_counted() -> None:
    body = b"""{"choices": [{"message": {"content": "a"}}],
        "usage": {"prompt_tokens": "12", "completion_tokens": 3.0, "cost": "0.5"}}"""
    statistics = parse_response(body)["statistics"]
    assert statistics == {"input_tokens": [12], "output_tokens": [3], "cost": [0.5]}


def test_tool_calls_are_an_answer_without_a_text() -> None:
    call = {"id": "1", "type": "function", "function": {"name": "f", "arguments": {"a": 1}}}
    body = {"choices": [{"message": {"content": "", "tool_calls": [call]}}], "usage": {}}
    output: Any = parse_response(orjson.dumps(body))
    assert output["generations"] == [None]
    # Some servers send arguments as an object.
    assert output["tool_calls"][0][0]["function"]["arguments"] == '{"a":1}'


def test_tool_calls_without_ids_are_numbered() -> None:
    call = {"type": "function", "function": {"name": "f", "arguments": "{}"}}
    body = {"choices": [{"message": {"content": "", "tool_calls": [call, call]}}], "usage": {}}
    output: Any = parse_response(orjson.dumps(body))
    assert [each["id"] for each in output["tool_calls"][0]] == ["call_0", "call_1"]


def test_keys_that_arrow_has_filled_with_none_are_not_sent() -> None:
    chat = [{"role": "assistant", "content": None, "tool_calls": None, "name": "a"}]
    body = orjson.loads(encode_request("m", chat, {}))
    assert body["messages"] == [{"role": "assistant", "content": None, "name": "a"}]

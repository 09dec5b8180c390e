"""Protects the maps to and from Text Generation Inference's `generate`. No network."""

from __future__ import annotations

import orjson
import pytest

from distilabel.errors import AnswerError
from distilabel.models.wire.text_generation import encode_request, parse_response


def test_parameters_are_those_that_say_something() -> None:
    arguments = {"max_new_tokens": 5, "do_sample": False, "watermark": True, "top_k": None}
    assert orjson.loads(encode_request("hi", arguments)) == {
        "inputs": "hi",
        "parameters": {"max_new_tokens": 5, "watermark": True, "details": True},
    }


@pytest.mark.parametrize("listed", [False, True])
def test_text_and_tokens_are_read(listed: bool) -> None:
    data = {"generated_text": "a", "details": {"generated_tokens": 7}}
    assert parse_response(orjson.dumps([data] if listed else data), 3) == {
        "generations": ["a"],
        "statistics": {"input_tokens": [3], "output_tokens": [7]},
    }


def test_the_details_may_be_missing() -> None:
    assert parse_response(b'{"generated_text": "a", "details": null}', 0)["statistics"] == {
        "input_tokens": [0],
        "output_tokens": [0],
    }


def test_the_likeliest_tokens_are_log_probabilities() -> None:
    top = [[{"id": 1, "text": "a", "logprob": -0.1, "special": False}]]
    output = parse_response(
        orjson.dumps({"generated_text": "a", "details": {"top_tokens": top}}), 0
    )
    assert output["logprobs"] == [[[{"token": "a", "logprob": -0.1}]]]


@pytest.mark.parametrize(
    "reply", [b"", b"{", b"{}", b"[]", b"null", b'{"generated_text": null}', b'{"details": 1}']
)
def test_what_is_no_answer_may_be_tried_again(reply: bytes) -> None:
    with pytest.raises(AnswerError) as caught:
        parse_response(reply, 0)
    assert caught.value.retryable


@pytest.mark.parametrize("text", ["hm\n</think>\n\na", "<think>\nand then"])
def test_reasoning_stays_in_the_text(text: str) -> None:
    reply = {"generated_text": text, "details": {"generated_tokens": 5}}
    output = parse_response(orjson.dumps(reply), 3)
    assert output["generations"] == [text]
    assert "reasoning" not in output

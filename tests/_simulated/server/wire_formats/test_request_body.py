"""Protects which request bodies are accepted, whatever the wire format."""

from typing import Any

import pytest

from distilabel._simulated.server.wire_formats.request_body import (
    chat_messages,
    integer,
    model_id,
    parse_object,
    stop_sequences,
)


@pytest.mark.parametrize("raw", [b"", b"{", b"[]", b"null", b"\xff"])
def test_a_body_that_is_not_a_json_object_is_an_error(raw: bytes) -> None:
    with pytest.raises(ValueError, match="request body"):
        parse_object(raw)


@pytest.mark.parametrize("value", [0, 4, 1.0, True, "2"])
def test_a_value_that_is_not_an_integer_in_range_is_an_error(value: Any) -> None:
    with pytest.raises(ValueError, match="'n' must be an integer from 1 to 3"):
        integer({"n": value}, "n", 1, 3)


def test_optional_values_may_be_missing_or_null() -> None:
    assert integer({}, "n", 1, 3) is None
    assert integer({"n": None}, "n", 1, 3) is None
    assert stop_sequences({}, "stop") == []
    assert stop_sequences({"stop": None}, "stop") == []


def test_a_stop_sequence_may_be_a_string_or_a_list() -> None:
    assert stop_sequences({"stop": "a"}, "stop") == ["a"]
    assert stop_sequences({"stop": ["a", "b"]}, "stop") == ["a", "b"]
    with pytest.raises(ValueError, match="'stop' must be a string or a list"):
        stop_sequences({"stop": [1]}, "stop")


@pytest.mark.parametrize(
    ("body", "message"),
    [
        ({}, "id of a model"),
        ({"model": ""}, "id of a model"),
        ({"model": 1}, "id of a model"),
        ({"model": "m", "stream": True}, "'stream' is not supported"),
    ],
)
def test_a_request_without_a_model_or_for_a_stream_is_an_error(body: Any, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        model_id(body)


@pytest.mark.parametrize("messages", [None, [], "a", ["a"]])
def test_a_chat_without_messages_is_an_error(messages: Any) -> None:
    with pytest.raises(ValueError, match="at least one message"):
        chat_messages({"messages": messages})

"""Protects which error a reply without an answer becomes."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from typing import Any

import orjson
import pytest

from distilabel.errors import AnswerError, EndpointError
from distilabel.models.wire.errors import (
    error_from_response,
    error_message,
    excerpt,
    invalid_reply,
    parse_json,
    retry_after,
)

URL = "http://e/v1/chat/completions"


@pytest.mark.parametrize(
    ("status", "retryable", "overloaded"),
    [
        (400, False, False),
        (408, True, True),
        (413, False, False),
        (422, False, False),
        (424, False, False),
        (429, True, True),
        (500, True, False),
        (502, True, True),
        (503, True, True),
        (504, True, True),
        (529, True, True),
    ],
)
def test_each_status_says_what_to_do(status: int, retryable: bool, overloaded: bool) -> None:
    error = error_from_response(status, {}, b'{"error": {"message": "words"}}', url=URL)
    assert isinstance(error, AnswerError)
    assert (error.retryable, error.overloaded) == (retryable, overloaded)
    assert error.status == status
    assert "words" in str(error)
    assert URL in str(error)


@pytest.mark.parametrize(
    ("status", "cure"), [(401, "api_key"), (403, "api_key"), (404, "base_url"), (402, "credit")]
)
def test_what_concerns_every_question_names_the_cure(status: int, cure: str) -> None:
    error = error_from_response(status, {}, b"", url=URL)
    assert isinstance(error, EndpointError)
    assert cure in str(error)


@pytest.mark.parametrize(
    ("status", "error", "cure"),
    [
        (429, {"message": "no credit", "code": "insufficient_quota"}, "account has credit"),
        (400, {"message": "no such model", "code": "model_not_found"}, "model's name"),
        (400, {"code": 400, "details": [{"reason": "API_KEY_INVALID"}]}, "api_key"),
    ],
)
def test_the_kind_of_an_error_may_say_more_than_its_status(
    status: int, error: Any, cure: str
) -> None:
    for body in ({"error": error}, [{"error": error}]):
        found = error_from_response(status, {}, orjson.dumps(body), url=URL)
        assert isinstance(found, EndpointError)
        assert cure in str(found)


@pytest.mark.parametrize(
    ("status", "error"),
    [
        (400, {"message": "cannot read: 'what is insufficient_quota?'"}),
        (400, {"message": "m", "details": "text"}),
        (403, {"message": "it was flagged", "metadata": {"flagged_input": "the question"}}),
    ],
)
def test_what_is_in_one_question_ends_no_run(status: int, error: Any) -> None:
    found = error_from_response(status, {}, orjson.dumps({"error": error}), url=URL)
    assert isinstance(found, AnswerError)
    assert not found.retryable


def test_a_redirect_is_named_without_credentials() -> None:
    headers = {"location": "https://u:secret@login.example/sso?token=secret"}
    found = error_from_response(302, headers, b"", url=URL)
    assert isinstance(found, EndpointError)
    assert "redirects to https://" in str(found)
    assert "login.example/sso (302)" in str(found)
    assert "secret" not in str(found)


@pytest.mark.parametrize(
    ("body", "why", "words"),
    [
        (b"", orjson.JSONDecodeError("x", "", 0), "it is empty"),
        (b"<html>Log in</html>", orjson.JSONDecodeError("x", "", 0), "page, 'Log in'. Check the"),
        (b'{"error": {"message": "gone"}}', KeyError("choices"), "an error, 'gone'"),
        (b"{}", KeyError("choices"), "it has no 'choices'"),
        (b"{}", "why", "why"),
    ],
)
def test_what_is_no_answer_says_what_it_is(body: bytes, why: Any, words: str) -> None:
    assert words in str(invalid_reply(body, why))


@pytest.mark.parametrize(
    ("headers", "seconds"),
    [
        ({}, None),
        ({"retry-after": "3"}, 3.0),
        ({"retry-after": "0.25"}, 0.25),
        ({"retry-after": "-1"}, 0.0),
        ({"retry-after": "soon"}, None),
        ({"retry-after": "inf"}, None),
        ({"retry-after": "nan"}, None),
        ({"retry-after": "1e999"}, None),
        ({"retry-after": "1.2.3s"}, None),
        ({"retry-after": "Mon, 01 Jan 99999 00:00:00 GMT"}, None),
        ({"retry-after-ms": "1500", "retry-after": "9"}, 1.5),
        ({"x-ratelimit-remaining-requests": "0", "x-ratelimit-reset-requests": "1m2.5s"}, 62.5),
        ({"x-ratelimit-remaining-tokens": "0", "x-ratelimit-reset-tokens": "200ms"}, 0.2),
        ({"x-ratelimit-remaining-tokens": "7", "x-ratelimit-reset-tokens": "200ms"}, None),
    ],
)
def test_the_seconds_to_wait_are_read(headers: dict[str, str], seconds: float | None) -> None:
    assert retry_after(headers) == seconds


def test_a_wait_may_be_a_date() -> None:
    date = format_datetime(datetime.now(UTC) + timedelta(seconds=60), usegmt=True)
    seconds = retry_after({"retry-after": date})
    assert seconds is not None
    assert 50 < seconds <= 60


@pytest.mark.parametrize(
    ("body", "words"),
    [
        (b'{"error": {"message": "a"}}', "a"),
        (b'{"error": "b", "error_type": "validation"}', "b"),
        (b'{"detail": "c"}', "c"),
        (b'{"message": "d"}', "d"),
        (b"<html>\n  busy </html>", "a web page, 'busy'"),
        (
            b"<!doctype html><html><head><title>502\n Bad Gateway</title><style>a{}</style></head>",
            "a web page, '502 Bad Gateway'",
        ),
        (b"\xff\xfe", "��"),
        (b"[1, 2]", "[1, 2]"),
    ],
)
def test_what_a_server_says(body: bytes, words: str) -> None:
    assert error_message(body) == words


def test_long_words_are_cut() -> None:
    assert len(error_message(b"x" * 100_000)) < 400


@pytest.mark.parametrize(
    "key", ["sk-proj-AbC123xyz789", "hf_abcdefghij123456", "gsk_1234567890abcdef", "Bearer abc.def"]
)
def test_keys_are_cut_out_of_what_a_server_says(key: str) -> None:
    body = f'{{"error": {{"message": "wrong key {key} given"}}}}'.encode()
    error: Any = error_from_response(400, {}, body, url=URL)
    for text in (str(error), error.raw, excerpt(body), str(invalid_reply(body, "why").raw)):
        assert key not in text
        assert "[key]" in text


@pytest.mark.parametrize(
    ("status", "body"),
    [
        (404, {"error": {"message": "The model `m` does not exist", "code": "model_not_found"}}),
        (403, {"error": {"message": "no access to model `m`", "code": "model_not_found"}}),
        (404, {"error": {"message": 'model "m" not found, try pulling it first'}}),
        (404, {"object": "error", "message": "The model `m` does not exist."}),
        (400, {"error": {"message": "m is not a valid model ID", "code": 400}}),
        (404, {"error": {"code": "DeploymentNotFound", "message": "no such deployment"}}),
        (400, {"error": {"code": "DeploymentNotFound", "message": "no such deployment"}}),
        (404, {"type": "error", "error": {"type": "not_found_error", "message": "model: m"}}),
        (400, {"object": "error", "message": "Invalid model: m", "type": "invalid_model"}),
        (400, {"error": {"message": "Model Not Exist", "type": "invalid_request_error"}}),
        (400, {"error": {"message": "The requested model 'm' does not exist", "code": "x"}}),
        (400, {"error": {"message": "Invalid model name passed in model=m"}}),
        (400, {"error": {"message": "no", "code": "model_not_supported"}}),
    ],
)
def test_every_provider_s_way_to_say_that_a_model_is_unknown_ends_the_run(
    status: int, body: dict[str, Any]
) -> None:
    error = error_from_response(status, {}, orjson.dumps(body), url=URL)
    assert isinstance(error, EndpointError)
    assert "does not know the model" in str(error)


@pytest.mark.parametrize(
    "message",
    [
        "Unsupported parameter: 'temperature' is not supported with this model.",
        "This model's maximum context length is 4096 tokens.",
        "The model `m` does not support images.",
        f"Your request was rejected: {'a ' * 80}: 'm is not a valid model ID'",
    ],
)
def test_a_rejected_prompt_concerns_that_question_alone(message: str) -> None:
    body = orjson.dumps({"error": {"message": message}})
    assert isinstance(error_from_response(400, {}, body, url=URL), AnswerError)


def test_a_reply_that_is_nested_too_deeply_is_not_json() -> None:
    with pytest.raises(orjson.JSONDecodeError):
        parse_json(b"[" * 100_000 + b"]" * 100_000)

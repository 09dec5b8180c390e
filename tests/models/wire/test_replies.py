"""Protects what a reply without an answer is taken for. No network."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from typing import Any

import pytest

from distilabel.errors import AnswerError, EndpointError
from distilabel.models.wire.replies import error_of, no_answer, said, shown, wait_asked_for

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
    error = error_of(status, {}, b'{"error": {"message": "words"}}', url=URL)
    assert isinstance(error, AnswerError)
    assert (error.retryable, error.overloaded) == (retryable, overloaded)
    assert error.status == status
    assert "words" in str(error)
    assert URL in str(error)


@pytest.mark.parametrize(
    ("status", "cure"), [(401, "api_key"), (403, "api_key"), (404, "base_url"), (402, "paid")]
)
def test_what_concerns_every_question_names_the_cure(status: int, cure: str) -> None:
    error = error_of(status, {}, b"", url=URL)
    assert isinstance(error, EndpointError)
    assert cure in str(error)


def test_an_account_without_credit_is_not_load() -> None:
    body = b'{"error": {"message": "no credit", "code": "insufficient_quota"}}'
    assert isinstance(error_of(429, {}, body, url=URL), EndpointError)


@pytest.mark.parametrize(
    ("headers", "seconds"),
    [
        ({}, None),
        ({"retry-after": "3"}, 3.0),
        ({"retry-after": "0.25"}, 0.25),
        ({"retry-after": "-1"}, 0.0),
        ({"retry-after": "soon"}, None),
        ({"retry-after-ms": "1500", "retry-after": "9"}, 1.5),
        ({"x-ratelimit-remaining-requests": "0", "x-ratelimit-reset-requests": "1m2.5s"}, 62.5),
        ({"x-ratelimit-remaining-tokens": "0", "x-ratelimit-reset-tokens": "200ms"}, 0.2),
        ({"x-ratelimit-remaining-tokens": "7", "x-ratelimit-reset-tokens": "200ms"}, None),
    ],
)
def test_the_wait_asked_for(headers: dict[str, str], seconds: float | None) -> None:
    assert wait_asked_for(headers) == seconds


def test_a_wait_may_be_a_date() -> None:
    date = format_datetime(datetime.now(UTC) + timedelta(seconds=60), usegmt=True)
    seconds = wait_asked_for({"retry-after": date})
    assert seconds is not None
    assert 50 < seconds <= 60


@pytest.mark.parametrize(
    ("body", "words"),
    [
        (b'{"error": {"message": "a"}}', "a"),
        (b'{"error": "b", "error_type": "validation"}', "b"),
        (b'{"detail": "c"}', "c"),
        (b'{"message": "d"}', "d"),
        (b"<html>\n  busy </html>", "<html> busy </html>"),
        (b"\xff\xfe", "��"),
        (b"[1, 2]", "[1, 2]"),
    ],
)
def test_what_a_server_says(body: bytes, words: str) -> None:
    assert said(body) == words


def test_long_words_are_cut() -> None:
    assert len(said(b"x" * 100_000)) < 400


@pytest.mark.parametrize(
    "key", ["sk-proj-AbC123xyz789", "hf_abcdefghij123456", "gsk_1234567890abcdef", "Bearer abc.def"]
)
def test_keys_are_cut_out_of_what_a_server_says(key: str) -> None:
    body = f'{{"error": {{"message": "wrong key {key} given"}}}}'.encode()
    error: Any = error_of(400, {}, body, url=URL)
    for text in (str(error), error.raw, shown(body), str(no_answer(body, "why").raw)):
        assert key not in text
        assert "[key]" in text

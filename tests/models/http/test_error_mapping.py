"""Protects what the exceptions of client libraries are taken for."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest

from distilabel.errors import AnswerError, EndpointError
from distilabel.models.http.error_mapping import as_model_error


class FromALibrary(Exception):
    """As client libraries raise them."""

    def __init__(self, status: int, headers: dict[str, str] | None = None) -> None:
        super().__init__(f"Error code: {status}")
        self.status_code = status
        self.response = SimpleNamespace(headers=headers or {})


@pytest.mark.parametrize(
    ("error", "retryable", "overloaded"),
    [
        (FromALibrary(429), True, True),
        (FromALibrary(503), True, True),
        (FromALibrary(500), True, False),
        (FromALibrary(400), False, False),
        (TimeoutError("slow"), True, True),
        (ConnectionResetError("gone"), True, False),
        (OSError("unreachable"), True, False),
        (ValueError("a mistake"), False, False),
    ],
)
def test_what_may_pass_is_told_from_what_stays(
    error: Exception, retryable: bool, overloaded: bool
) -> None:
    understood: Any = as_model_error(error)
    assert isinstance(understood, AnswerError)
    assert (understood.retryable, understood.overloaded) == (retryable, overloaded)


@pytest.mark.parametrize("status", [401, 403, 404])
def test_what_no_question_survives_is_of_the_endpoint(status: int) -> None:
    assert isinstance(as_model_error(FromALibrary(status)), EndpointError)


def test_the_wait_asked_for_is_read_whatever_the_case_of_its_header() -> None:
    error: Any = as_model_error(FromALibrary(429, {"Retry-After": "2.5"}))
    assert error.retry_after == 2.5


def test_our_own_errors_stay_as_they_are() -> None:
    error = AnswerError("x")
    assert as_model_error(error) is error

"""Protects errors: what they are caught as, what they say, and how they are recorded."""

from __future__ import annotations

import pytest

from distilabel.constants import DISTILABEL_DOCS_URL
from distilabel.errors import (
    AnswerError,
    DistilabelError,
    DistilabelNotImplementedError,
    DistilabelTypeError,
    DistilabelUserError,
    EndpointError,
    ModelError,
    RowError,
    StoreError,
    error_record,
)


@pytest.mark.parametrize(
    ("cls", "builtin"),
    [
        (DistilabelUserError, ValueError),
        (DistilabelTypeError, TypeError),
        (DistilabelNotImplementedError, NotImplementedError),
        (RowError, RuntimeError),
    ],
)
def test_an_error_is_also_a_builtin_one_and_may_name_a_page(
    cls: type[DistilabelUserError], builtin: type[Exception]
) -> None:
    with pytest.raises(builtin) as caught:
        raise cls("it is wrong", page="a/page")
    assert isinstance(caught.value, DistilabelError)
    assert str(caught.value).startswith("it is wrong\n\n")
    assert str(caught.value).endswith(f"{DISTILABEL_DOCS_URL}a/page")
    assert str(cls("it is wrong")) == "it is wrong"


def test_a_model_error_names_its_step_once_it_is_known() -> None:
    error = ModelError("no", status=500)
    assert (str(error), error.status, error.retryable) == ("no", 500, False)
    error.step = "write"
    assert str(error) == "write: no"


def test_an_unusable_store_stops_a_run_as_an_unusable_endpoint_does() -> None:
    assert issubclass(StoreError, EndpointError)
    assert not issubclass(AnswerError, EndpointError)


def test_a_record_has_the_attempts_and_the_raw_response_of_an_answer_error() -> None:
    error = AnswerError("odd", raw="<html>", retryable=True)
    error.attempts = 3
    assert error_record(error) == {
        "type": "AnswerError",
        "message": "odd",
        "attempts": 3,
        "raw": "<html>",
    }
    assert error_record(KeyError("a")) == {
        "type": "KeyError",
        "message": "'a'",
        "attempts": 1,
        "raw": None,
    }

"""Protects that headers travel with an output and never leave the process."""

from __future__ import annotations

import copy
import pickle

import orjson
import pytest

from distilabel.errors import AnswerError, EndpointError, ModelError
from distilabel.models.wire.errors import error_from_response
from distilabel.models.wire.response import Response


def test_a_response_is_an_output_with_headers() -> None:
    response = Response(generations=["a"], statistics={})
    assert response.headers is None
    response.headers = {"x": "y"}
    assert response == {"generations": ["a"], "statistics": {}}
    assert orjson.loads(orjson.dumps(response)) == response


def test_copies_of_a_response_are_plain_dicts_without_headers() -> None:
    response = Response(generations=["a"])
    response.headers = {"Set-Cookie": "s3cret"}
    for other in (pickle.loads(pickle.dumps(response)), copy.deepcopy(response), response.copy()):
        assert type(other) is dict
        assert other == response
    assert b"s3cret" not in pickle.dumps(response)


@pytest.mark.parametrize(("status", "kind"), [(429, AnswerError), (401, EndpointError)])
def test_an_error_has_the_headers_of_its_reply_and_sends_none_of_them(
    status: int, kind: type[ModelError]
) -> None:
    error = error_from_response(status, {"Set-Cookie": "s3cret"}, b"{}", url="http://x")
    assert error.headers == {"Set-Cookie": "s3cret"}
    other = pickle.loads(pickle.dumps(error))
    assert (type(other), str(other), other.status) == (kind, str(error), status)
    assert other.headers is None
    assert b"s3cret" not in pickle.dumps(error)

"""Protects the format of requests for images."""

from __future__ import annotations

from typing import Any

import orjson
import pytest

from distilabel.errors import AnswerError
from distilabel.models.wire.images import jpeg_of, parse_images, request_body


def test_arguments_that_are_none_are_left_out() -> None:
    body = orjson.loads(request_body("m", "a", 1, {"size": None, "style": "vivid"}))
    assert body == {"model": "m", "prompt": "a", "n": 1, "style": "vivid"}


def test_base64_text_is_preferred_to_a_url() -> None:
    data = [{"b64_json": "aGk=", "url": "http://x"}, {"url": "http://y"}]
    assert parse_images(orjson.dumps({"data": data})) == [(False, "aGk="), (True, "http://y")]


@pytest.mark.parametrize(
    "data",
    [{}, {"data": []}, {"data": [{}]}, {"data": ["x"]}, [], {"data": [{"b64_json": "no base64"}]}],
)
def test_a_reply_without_images_is_an_error(data: Any) -> None:
    with pytest.raises(AnswerError):
        parse_images(orjson.dumps(data))


def test_a_file_that_is_no_image_is_an_error() -> None:
    with pytest.raises(AnswerError, match="not an image"):
        jpeg_of(b"<html>")

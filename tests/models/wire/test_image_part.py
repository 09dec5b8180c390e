"""Protects the reading of images in messages. No network."""

from __future__ import annotations

import pytest

from distilabel.errors import AnswerError
from distilabel.models.wire.image_part import ImagePart, image_in


def test_an_image_is_an_address_or_data() -> None:
    data = {"type": "image_url", "image_url": {"url": "data:image/png;base64,QUJD"}}
    assert image_in(data) == ImagePart("", "image/png", "QUJD")
    assert image_in({"type": "image_url", "image_url": "https://x/a"}) == ("https://x/a", "", "")
    assert image_in({"type": "text", "text": "a"}) is None


def test_an_address_has_no_content() -> None:
    assert ImagePart("", "image/png", "QUJD").content == "QUJD"
    with pytest.raises(AnswerError, match="https://x/a"):
        _ = ImagePart("https://x/a", "", "").content

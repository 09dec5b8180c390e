"""Reads the image in a part of a message, for protocols that have other parts."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, Final, NamedTuple

from distilabel.errors import AnswerError

_DATA_URL: Final = re.compile(r"data:(?P<kind>[^;,]+);base64,(?P<data>.*)", re.DOTALL)


class ImagePart(NamedTuple):
    """An image in a message.

    Attributes:
        url: Address of the image; empty if the image itself is given.
        kind: Media type, like `image/png`; empty if only the address is given.
        data: The image in base64; empty if only the address is given.
    """

    url: str
    kind: str
    data: str

    @property
    def content(self) -> str:
        """The image in base64.

        Raises:
            AnswerError: Only its address is given.
        """
        if not self.data:
            raise AnswerError(
                f"the image {self.url[:200]!r} is an address, which this provider does not "
                "download. Give the image as data:image/png;base64,..."
            )
        return self.data


def image_in(part: Mapping[str, Any]) -> ImagePart | None:
    """Returns the image in a part of chat completions; None if the part is not an image.

    Args:
        part: Part of a message.
    """
    if part.get("type") != "image_url":
        return None
    image = part["image_url"]
    url = image if isinstance(image, str) else image["url"]
    found = _DATA_URL.fullmatch(url)
    return ImagePart("", found["kind"], found["data"]) if found else ImagePart(url, "", "")

"""The format of requests for images: OpenAI's `/images/generations`, and replies that are files."""

from __future__ import annotations

import base64
import binascii
from typing import Any, Final

import orjson

from distilabel.models.wire import errors
from distilabel.utils.image import image_to_str

_JPEG: Final = b"\xff\xd8"


def request_body(model: str, prompt: str, count: int, arguments: dict[str, Any]) -> bytes:
    """Returns the body of a request for images.

    Args:
        model: Name of the model.
        prompt: What the images show.
        count: Number of images.
        arguments: Other fields; those that are None are left out.
    """
    given = {name: value for name, value in arguments.items() if value is not None}
    return orjson.dumps({"model": model, "prompt": prompt, "n": count, **given})


def parse_images(body: bytes) -> list[tuple[bool, str]]:
    """Parses the body of a reply.

    Args:
        body: JSON with `data`, a list of objects with `b64_json` or `url`.

    Returns:
        For each image, whether it is a URL, and the URL or the base64 text.

    Raises:
        AnswerError: The body has no images.
    """
    try:
        found = [
            (False, str(item["b64_json"])) if item.get("b64_json") else (True, str(item["url"]))
            for item in errors.parse_json(body)["data"]
        ]
        for _, text in (item for item in found if not item[0]):
            base64.b64decode(text, validate=True)
    except (ValueError, KeyError, TypeError, AttributeError, binascii.Error) as error:
        raise errors.invalid_reply(body, error) from error
    if not found:
        raise errors.invalid_reply(body, "it has no images")
    return found


def jpeg_of(body: bytes) -> str:
    """Returns the image file that a reply consists of, as the base64 text of a JPEG.

    Args:
        body: The file, in any format that PIL reads.

    Raises:
        AnswerError: It is not an image.
    """
    if body.startswith(_JPEG):
        return base64.b64encode(body).decode()
    import io

    from PIL import Image

    try:
        return image_to_str(Image.open(io.BytesIO(body)))
    except OSError as error:
        raise errors.invalid_reply(body, "it is not an image") from error

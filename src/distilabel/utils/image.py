"""Converts images to base64 text and back."""

from __future__ import annotations

import base64
import io
from pathlib import Path
from typing import TYPE_CHECKING, Any

from distilabel.errors import DistilabelUserError

if TYPE_CHECKING:
    from PIL import Image


def image_to_str(image: Image.Image, image_format: str = "JPEG") -> str:
    """Returns an image as base64 text.

    Args:
        image: PIL image. JPEG has neither transparency nor palettes: such an image is converted.
        image_format: Format of the file, as PIL names it.
    """
    buffer = io.BytesIO()
    if image_format.upper() in ("JPEG", "JPG"):
        image_format = "JPEG"
        if image.mode not in ("RGB", "L", "CMYK"):
            image = image.convert("RGB")
    image.save(buffer, format=image_format)
    return base64.b64encode(buffer.getvalue()).decode()


def image_from_str(image_str: str) -> Image.Image:
    """Returns the PIL image of a base64 text.

    Args:
        image_str: Base64 text, or a data URL.
    """
    from PIL import Image

    return Image.open(io.BytesIO(base64.b64decode(image_str.rpartition(",")[2])))


def image_to_url(image: Any, image_format: str = "JPEG") -> str:
    """Returns the URL of an image, as models take it in a message.

    Args:
        image: URL or data URL, which stays as it is; base64 text; path of a file; or PIL image.
        image_format: Format in which a PIL image is encoded.

    Raises:
        DistilabelUserError: It is none of these.
    """
    if isinstance(image, Path):
        kind = _kind_of_file(image.read_bytes()[:16])
        return f"data:image/{kind};base64,{base64.b64encode(image.read_bytes()).decode()}"
    if isinstance(image, str):
        if image.startswith(("http://", "https://", "data:")):
            return image
        return f"data:image/jpeg;base64,{image}"
    if hasattr(image, "save") and hasattr(image, "mode"):
        text = image_to_str(image, image_format)
        return f"data:image/{image_format.lower().replace('jpg', 'jpeg')};base64,{text}"
    raise DistilabelUserError(
        f"image: it is of type {type(image).__name__}. It must be a URL, base64 text, a path or a "
        "PIL image."
    )


def _kind_of_file(start: bytes) -> str:
    if start.startswith(b"\x89PNG"):
        return "png"
    if start.startswith(b"GIF8"):
        return "gif"
    return "webp" if start[8:12] == b"WEBP" else "jpeg"

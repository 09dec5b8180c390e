"""Images of rows: decoded and encoded again, so that the browser gets pixels and nothing else."""

from __future__ import annotations

import io
import warnings
from typing import Final

from distilabel.errors import DistilabelUserError

_MOST_BYTES: Final = 32 * 2**20
_MOST_PIXELS: Final = 50_000_000
# Width and height on the page, in pixels.
_SIZE: Final = 1600


def safe_png(data: bytes) -> bytes:
    """Returns an image as PNG, without its metadata and no larger than a page needs.

    Args:
        data: The image in any format that Pillow reads.

    Raises:
        DistilabelUserError: It is too large, or cannot be read.
    """
    from PIL import Image

    if len(data) > _MOST_BYTES:
        raise DistilabelUserError(f"The image has {len(data):,} bytes; at most 32 MiB are shown.")
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            with Image.open(io.BytesIO(data)) as image:
                width, height = image.size
                if width * height > _MOST_PIXELS:
                    raise DistilabelUserError(
                        f"The image has {width} x {height} pixels; at most 50 million are shown."
                    )
                image.thumbnail((_SIZE, _SIZE))
                pixels = image.convert("RGBA")
    except DistilabelUserError:
        raise
    except Exception as error:  # decoders raise anything
        raise DistilabelUserError(f"The image cannot be read: {type(error).__name__}.") from error
    target = io.BytesIO()
    pixels.save(target, "PNG")
    return target.getvalue()

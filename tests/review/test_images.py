"""Images are encoded again; what is too large or no image is refused."""

from __future__ import annotations

import io

import pytest
from PIL import Image

from distilabel.errors import DistilabelUserError
from distilabel.review.images import safe_png


def _image(width: int, height: int, kind: str = "PNG", **more: object) -> bytes:
    target = io.BytesIO()
    Image.new("RGB", (width, height), "red").save(target, kind, **more)
    return target.getvalue()


def test_metadata_is_gone_and_the_size_is_that_of_a_page() -> None:
    comment = b"secret place"
    safe = safe_png(_image(3000, 30, "JPEG", comment=comment))
    assert comment not in safe
    with Image.open(io.BytesIO(safe)) as image:
        assert (image.format, image.size) == ("PNG", (1600, 16))


@pytest.mark.parametrize(
    ("data", "error"),
    [
        (b"<svg onload=alert(1)>", "cannot be read"),
        (_image(10, 10)[:40], "cannot be read"),
        (b"x" * (33 * 2**20), "at most 32 MiB"),
        (_image(8000, 7000), "at most 50 million"),
    ],
    ids=["svg", "cut", "bytes", "pixels"],
)
def test_bad_images(data: bytes, error: str) -> None:
    with pytest.raises(DistilabelUserError, match=error):
        safe_png(data)

"""Protects images as text: what goes in comes out, and models get a URL."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from PIL import Image

from distilabel.errors import DistilabelUserError
from distilabel.utils.image import image_from_str, image_to_str, image_to_url


@pytest.mark.parametrize("mode", ["RGB", "RGBA", "P", "L"])
@pytest.mark.parametrize("kind", ["JPEG", "PNG"])
def test_an_image_survives(mode: str, kind: str) -> None:
    found = image_from_str(image_to_str(Image.new(mode, (3, 2)), kind))
    assert (found.size, found.format) == ((3, 2), kind)


def test_any_form_of_an_image_becomes_a_url(tmp_path: Path) -> None:
    path = tmp_path / "a.png"
    Image.new("RGB", (1, 1)).save(path)
    assert image_to_url(path).startswith("data:image/png;base64,")
    assert image_to_url("aGk=") == "data:image/jpeg;base64,aGk="
    assert image_to_url("https://h/i.png") == "https://h/i.png"
    assert image_to_url(Image.new("RGB", (1, 1)), "PNG").startswith("data:image/png;base64,")
    nothing: Any = 5
    with pytest.raises(DistilabelUserError, match="of type int"):
        image_to_url(nothing)

"""Protects that the functions of 1.5.3 are found where programs import them from."""

from __future__ import annotations

from distilabel.models.image_generation import utils
from distilabel.utils import image


def test_they_are_those_of_the_utilities() -> None:
    assert utils.image_to_str is image.image_to_str
    assert utils.image_from_str is image.image_from_str

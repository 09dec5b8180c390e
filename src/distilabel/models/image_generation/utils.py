"""Converts images to base64 text and back; the functions of `distilabel.utils.image`."""

from distilabel.utils.image import image_from_str as image_from_str
from distilabel.utils.image import image_to_str as image_to_str

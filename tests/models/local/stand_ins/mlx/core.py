"""A stand-in for `mlx.core`."""

from __future__ import annotations

from numpy import array as array
from numpy import inf as inf
from numpy import where as where


def default_device() -> str:
    return "Device(stand-in)"

"""A stand-in for `mlx_lm.sample_utils`."""

from __future__ import annotations

from typing import Any


class Sampler:
    def __init__(self, arguments: dict[str, Any]) -> None:
        self.arguments = arguments


def make_sampler(**arguments: Any) -> Sampler:
    return Sampler(arguments)

"""Detects whether the program runs on a Ray cluster."""

from __future__ import annotations

import os
from typing import Final

_NAMES: Final = ("RAY_NODE_TYPE_NAME", "RAY_CLUSTER_NAME", "RAY_ADDRESS")


def script_executed_in_ray_cluster() -> bool:
    """Returns True if the environment has all variables that Ray sets for cluster programs."""
    return all(name in os.environ for name in _NAMES)

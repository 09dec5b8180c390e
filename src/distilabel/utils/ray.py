"""Whether the program runs on a Ray cluster, by what its environment says."""

from __future__ import annotations

import os
from typing import Final

_NAMES: Final = ("RAY_NODE_TYPE_NAME", "RAY_CLUSTER_NAME", "RAY_ADDRESS")


def script_executed_in_ray_cluster() -> bool:
    """Whether all three variables are there that Ray sets for programs on its clusters."""
    return all(name in os.environ for name in _NAMES)

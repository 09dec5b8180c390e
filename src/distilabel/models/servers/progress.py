"""Says what a server that is starting does, from its log."""

from __future__ import annotations

import re
from typing import Final

# What the log says → what the server does then. The last one that the log has counts.
_PHASES: Final = (
    (re.compile(r"download|Fetching \d+ files", re.I), "downloading the model"),
    (
        re.compile(
            r"Starting to load model|Loading (?:safetensors|pt|weights)|Load weight begin", re.I
        ),
        "loading the weights",
    ),
    (re.compile(r"torch\.compile|Compiling a graph|Dynamo", re.I), "compiling the model"),
    (re.compile(r"KV cache size|# GPU blocks|KV Cache is allocated", re.I), "reserving memory"),
    (re.compile(r"Captur(?:e|ing) .*graph", re.I), "capturing CUDA graphs"),
    (re.compile(r"Starting vLLM (?:API )?server|Uvicorn running|warmup", re.I), "almost ready"),
)
_PERCENT: Final = re.compile(r"(?:Loading|Fetching|Captur)[^\r\n]*?(\d{1,3})%", re.I)


def phase_of(text: str) -> str:
    """Returns what a server does, like `loading the weights (42%)`.

    Args:
        text: The end of its log.
    """
    phase, end = "starting", 0
    for pattern, name in _PHASES:
        for match in pattern.finditer(text):
            if match.end() > end:
                phase, end = name, match.end()
    # Older progress belongs to an earlier phase.
    percents = [found[1] for found in _PERCENT.finditer(text) if found.end() >= end]
    return f"{phase} ({percents[-1]}%)" if percents and int(percents[-1]) < 100 else phase

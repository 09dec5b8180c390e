"""What a server that starts does, from its log."""

from __future__ import annotations

import pytest

from distilabel.models.servers.progress import phase_of


@pytest.mark.parametrize(
    ("log", "phase"),
    [
        ("", "starting"),
        ("INFO Starting to load model m...", "loading the weights"),
        (
            "Starting to load model m\nLoading safetensors checkpoint shards:  25% Completed\r"
            "Loading safetensors checkpoint shards:  50% Completed",
            "loading the weights (50%)",
        ),
        # The progress of an earlier phase is over.
        ("Loading safetensors: 50%\nGPU KV cache size: 9 tokens", "reserving memory"),
        ("KV cache size: 9\nCapturing CUDA graphs: 10%", "capturing CUDA graphs (10%)"),
    ],
)
def test_the_last_phase_of_the_log_counts(log: str, phase: str) -> None:
    assert phase_of(log) == phase

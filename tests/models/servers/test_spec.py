"""Options of an engine as arguments of its command line."""

from __future__ import annotations

from distilabel.models.servers.spec import command_line_arguments


def test_options_become_arguments() -> None:
    assert command_line_arguments(
        {
            "tensor_parallel_size": 2,
            "enforce_eager": True,
            "enable_prefix_caching": False,
            "quantization": None,
            "hf_overrides": {"a": [1]},
            "lora_modules": ["one=/a", "two=/b"],
            "gpu_memory_utilization": 0.5,
        }
    ) == (
        *("--tensor-parallel-size", "2", "--enforce-eager", "--no-enable-prefix-caching"),
        *("--hf-overrides", '{"a": [1]}', "--lora-modules", "one=/a", "two=/b"),
        *("--gpu-memory-utilization", "0.5"),
    )

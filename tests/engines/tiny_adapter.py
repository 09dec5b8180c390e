"""Writes a LoRA adapter with random weights: `python tiny_adapter.py FOLDER`.

It fits the model of `tiny_model.py`. Needs safetensors and torch.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path

_RANK, _WIDTH = 8, 128
_CONFIG = {
    "peft_type": "LORA",
    "task_type": "CAUSAL_LM",
    "r": _RANK,
    "lora_alpha": 64,
    "lora_dropout": 0.0,
    "bias": "none",
    "target_modules": ["q_proj", "o_proj"],
}


def main(folder: str) -> None:
    """Writes the adapter.

    Args:
        folder: Folder to write it to.
    """
    import torch
    from safetensors.torch import save_file

    torch.manual_seed(1)
    weights = {}
    for layer in range(2):
        for name in ("q_proj", "o_proj"):
            prefix = f"base_model.model.model.layers.{layer}.self_attn.{name}"
            weights[f"{prefix}.lora_A.weight"] = torch.randn(_RANK, _WIDTH)
            weights[f"{prefix}.lora_B.weight"] = torch.randn(_WIDTH, _RANK)
    save_file(weights, str(Path(folder) / "adapter_model.safetensors"))
    (Path(folder) / "adapter_config.json").write_text(json.dumps(_CONFIG), encoding="utf-8")


if __name__ == "__main__":
    main(sys.argv[1])

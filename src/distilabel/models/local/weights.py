"""Measures the weights of a model on this machine."""

from __future__ import annotations

from contextlib import suppress
from pathlib import Path


def weights_size(model: str) -> int:
    """Returns the bytes of a model's weights on this machine; 0 if they are not here.

    Args:
        model: Folder, file or repository.
    """
    path = Path(model).expanduser()
    if path.is_file():
        return path.stat().st_size
    if not path.is_dir():
        with suppress(Exception):
            from huggingface_hub import snapshot_download

            path = Path(snapshot_download(model, local_files_only=True))

    def files(end: str) -> int:
        return sum(file.stat().st_size for file in path.glob(f"*{end}"))

    return files(".safetensors") or files(".bin") if path.is_dir() else 0

"""Protects the size of the weights that messages name."""

from __future__ import annotations

from pathlib import Path

import pytest

from distilabel.models.local.weights import weights_size


def test_the_files_of_one_format_are_counted(tmp_path: Path) -> None:
    for name in ("a.safetensors", "b.safetensors", "pytorch_model.bin", "config.json"):
        (tmp_path / name).write_bytes(b"12345")
    assert weights_size(str(tmp_path)) == 10
    assert weights_size(str(tmp_path / "config.json")) == 5


def test_older_weights_are_counted_where_there_are_no_others(tmp_path: Path) -> None:
    (tmp_path / "pytorch_model.bin").write_bytes(b"123")
    assert weights_size(str(tmp_path)) == 3


@pytest.mark.parametrize("name", ["owner/no-such-model", "/no/such/folder", ""])
def test_weights_that_are_not_here_have_no_size(name: str) -> None:
    assert weights_size(name) == 0

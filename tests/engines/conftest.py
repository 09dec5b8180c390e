"""The tiny model that the engines of this environment load, written once."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest


@pytest.fixture(scope="session")
def model(tmp_path_factory: pytest.TempPathFactory) -> str:
    """Folder of a model for transformers."""
    folder = tmp_path_factory.mktemp("model")
    script = Path(__file__).with_name("tiny_model.py")
    subprocess.run([sys.executable, str(script), str(folder)], check=True, cwd=folder)
    return str(folder)

"""What the tests of engines share: tiny models with random weights."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from distilabel.models.mixins.cuda_devices import visible_devices
from distilabel.models.servers.local_host import python_of
from distilabel.models.servers.spec import VLLM


@pytest.fixture(scope="session")
def model(tmp_path_factory: pytest.TempPathFactory) -> str:
    """The folder of a model for the engines of this environment."""
    folder = tmp_path_factory.mktemp("model")
    script = Path(__file__).with_name("tiny_model.py")
    subprocess.run([sys.executable, str(script), str(folder)], check=True, cwd=folder)
    return str(folder)


@pytest.fixture(scope="module")
def vllm_model(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The folder of a model that vLLM can serve; on CPU if there is no GPU."""
    folder = tmp_path_factory.mktemp("model")
    script = Path(__file__).with_name("tiny_model.py")
    subprocess.run([python_of(VLLM), str(script), str(folder)], check=True, cwd=folder)
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("HF_HUB_OFFLINE", "1")
        patch.setenv("VLLM_NO_USAGE_STATS", "1")
        patch.setenv("DISTILABEL_CACHE_DIR", str(tmp_path_factory.mktemp("cache")))
        if not visible_devices():
            patch.setenv("VLLM_CPU_KVCACHE_SPACE", "1")
            patch.setenv("OMP_NUM_THREADS", "1")
            # Each server would take the same core for its own.
            patch.setenv("VLLM_CPU_OMP_THREADS_BIND", "nobind")
        yield str(folder)

"""`CudaDevicePlacementMixin`: which GPUs a model sees."""

from __future__ import annotations

import logging
import os
from pathlib import Path
from typing import Any

import pytest

from distilabel.errors import DistilabelUserError
from distilabel.models.mixins.cuda_device_placement import CudaDevicePlacementMixin
from distilabel.steps import StepResources


@pytest.fixture(autouse=True)
def _three_gpus(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tempfile.gettempdir", lambda: str(tmp_path))
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", "0,1,2")


def placed(**fields: Any) -> CudaDevicePlacementMixin:
    model = CudaDevicePlacementMixin(**fields)
    model.load()
    return model


def test_each_model_sees_gpus_of_its_own(monkeypatch: pytest.MonkeyPatch) -> None:
    first = placed()
    assert os.environ["CUDA_VISIBLE_DEVICES"] == "0"
    # Another program sees all of them.
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", "0,1,2")
    second = CudaDevicePlacementMixin()
    second._assign("step", StepResources(gpus=2))
    second.load()
    assert os.environ["CUDA_VISIBLE_DEVICES"] == "1,2"
    second.unload()
    assert os.environ["CUDA_VISIBLE_DEVICES"] == "0,1,2"
    first.unload()


def test_too_few_free_gpus_are_a_warning(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.WARNING)
    model = CudaDevicePlacementMixin()
    model._assign("step", StepResources(gpus=5))
    model.load()
    assert "3 of 3 GPUs are free, and 5 are needed" in caplog.text
    model.unload()


def test_chosen_gpus_are_used_and_checked(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.WARNING)
    model = placed(cuda_devices=[2])
    assert os.environ["CUDA_VISIBLE_DEVICES"] == "2"
    os.environ["CUDA_VISIBLE_DEVICES"] = "0,1,2"
    placed(cuda_devices=[1, 2]).unload()
    assert "another model uses the GPUs 2 as well" in caplog.text
    model.unload()
    with pytest.raises(RuntimeError, match=r"the GPU 7 does not exist\. This machine has 0, 1, 2"):
        placed(cuda_devices=[7])


def test_replicas_share_out_the_chosen_gpus() -> None:
    model = CudaDevicePlacementMixin(cuda_devices=[0, 2])
    assert [model._reserve_gpus(number, 1, 2) for number in (0, 1)] == [["0"], ["2"]]
    with pytest.raises(DistilabelUserError, match="3 replicas with 1 GPUs each need 3"):
        model._reserve_gpus(2, 1, 3)
    model._release_gpus(3)


def test_without_a_gpu_nothing_happens(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", "")
    placed().unload()
    assert os.environ["CUDA_VISIBLE_DEVICES"] == ""
    with pytest.raises(RuntimeError, match="this machine has no GPU"):
        placed(cuda_devices=[0])


def test_placement_can_be_left_to_the_engine() -> None:
    placed(disable_cuda_device_placement=True).unload()
    assert os.environ["CUDA_VISIBLE_DEVICES"] == "0,1,2"

"""Reservations of GPUs: kept in one file, for all programs of the machine."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path
from typing import Any

import pytest

from distilabel.models.mixins import cuda_devices
from distilabel.models.mixins.cuda_devices import claim, release, reserve, visible_devices

GPUS = ["0", "1", "2"]


@pytest.fixture(autouse=True)
def _folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tempfile.gettempdir", lambda: str(tmp_path))


def test_free_gpus_are_reserved_once() -> None:
    assert reserve("a", 2, GPUS) == ["0", "1"]
    assert reserve("b", 2, GPUS) == ["2"]
    release("a")
    assert reserve("c", 1, GPUS) == ["0"]


def test_gpus_that_the_user_chose_may_be_shared() -> None:
    reserve("a", 1, GPUS)
    assert claim("b", ["0", "1"]) == ["0"]


def test_reservations_of_programs_that_have_ended_do_not_count() -> None:
    with subprocess.Popen(["true"]) as ended:
        ended.wait()
    file = cuda_devices.reservations_file()
    file.parent.mkdir(parents=True)
    file.write_text(json.dumps({"x": {"pid": ended.pid, "devices": GPUS}}))
    assert reserve("a", 3, GPUS) == GPUS
    assert list(json.loads(file.read_text())) != ["x"]


@pytest.mark.parametrize("text", ["", "{", "[]", '{"a": 1}'])
def test_a_damaged_file_is_an_empty_one(text: str) -> None:
    file = cuda_devices.reservations_file()
    file.parent.mkdir(parents=True)
    file.write_text(text)
    assert reserve("a", 1, GPUS) == ["0"]


def test_the_environment_limits_the_gpus(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", "3, 5")
    assert visible_devices() == ["3", "5"]
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", "")
    assert visible_devices() == []


def test_the_driver_lists_the_gpus(monkeypatch: pytest.MonkeyPatch) -> None:
    def run(command: list[str], **options: Any) -> Any:
        return subprocess.CompletedProcess(command, 0, stdout="0\n1\n")

    monkeypatch.delenv("CUDA_VISIBLE_DEVICES", raising=False)
    monkeypatch.setattr(subprocess, "run", run)
    assert visible_devices() == ["0", "1"]


def test_without_a_driver_there_is_no_gpu(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("CUDA_VISIBLE_DEVICES", raising=False)
    monkeypatch.setenv("PATH", "")
    assert visible_devices() == []

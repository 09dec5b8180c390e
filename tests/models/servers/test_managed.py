"""What models with managed servers share: GPUs, replicas, and a `load` that is given up."""

from __future__ import annotations

import threading
from pathlib import Path

import pytest

from distilabel.errors import DistilabelUserError
from distilabel.models import vLLM
from distilabel.models.servers.group import LoadCanceled
from distilabel.steps import StepResources
from engine_doubles import FakeEngine, wait_until


def gpus_of(pid: int) -> str:
    environment = Path(f"/proc/{pid}/environ").read_text().split("\0")
    return next(line for line in environment if line.startswith("CUDA_VISIBLE_DEVICES="))


def test_each_server_gets_gpus_of_its_own_and_gives_them_back(
    engine: FakeEngine, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tempfile.gettempdir", lambda: str(tmp_path))
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", "0,1,2,3")
    llm = vLLM(model="m", extra_kwargs={"tensor_parallel_size": 2})
    llm._assign("step", StepResources(replicas=2))
    for _ in range(2):
        llm.load()
        assert sorted(map(gpus_of, engine.running)) == [
            "CUDA_VISIBLE_DEVICES=0,1",
            "CUDA_VISIBLE_DEVICES=2,3",
        ]
        llm.unload()


def test_a_gpu_that_does_not_exist_is_named(
    engine: FakeEngine, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", "0")
    with pytest.raises(DistilabelUserError, match="the GPU 5 does not exist"):
        vLLM(model="m", cuda_devices=[5]).load()
    assert not engine.starts


def test_a_load_in_another_thread_can_be_given_up(engine: FakeEngine) -> None:
    llm = vLLM(model="hangs")
    raised: list[BaseException] = []

    def load() -> None:
        try:
            llm.load()
        except BaseException as error:
            raised.append(error)

    thread = threading.Thread(target=load)
    thread.start()
    wait_until(lambda: engine.starts)
    llm._cancel_load()
    thread.join()
    assert isinstance(raised[0], LoadCanceled)
    assert not engine.running


def test_unloading_twice_does_no_harm(engine: FakeEngine) -> None:
    llm = vLLM(model="m")
    llm.load()
    llm.unload()
    llm.unload()
    assert len(engine.starts) == 1

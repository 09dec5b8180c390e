"""`TransformersLLM` without its worker: what it starts, asks and stores. See tests/engines too."""

from __future__ import annotations

import os
from typing import Any

import pytest

from distilabel.models import TransformersLLM
from distilabel.models.local.model import LocalModel
from distilabel.models.mixins import cuda_devices
from models.local.worker_packages import HELLO


class Worker:
    """Instead of the worker process: keeps what it is asked."""

    def __init__(self) -> None:
        self.asked: list[Any] = []

    async def ask(self, method: str, payload: Any) -> Any:
        self.asked.append((method, payload))
        if method == "hidden_states":
            return len(self.asked)
        count = payload["count"]
        one = {"texts": "text", "input_tokens": 3, "output_tokens": 5, "finish_reasons": "stop"}
        return {name: [value] * count for name, value in one.items()}


@pytest.fixture
def worker(monkeypatch: pytest.MonkeyPatch) -> Worker:
    made = Worker()
    monkeypatch.setattr(LocalModel, "_engine", made)
    monkeypatch.setattr(LocalModel, "_start_engine", lambda *arguments: None)
    return made


@pytest.fixture
def started(monkeypatch: pytest.MonkeyPatch) -> list[Any]:
    """The names and environments of the workers that are started."""
    found: list[Any] = []
    monkeypatch.setattr(LocalModel, "_start_engine", lambda self, *given: found.append(given))
    return found


def test_all_generation_arguments_reach_the_engine(worker: Worker) -> None:
    options: Any = {
        "max_new_tokens": 9,
        "temperature": 0.7,
        "repetition_penalty": 1.2,
        "top_p": 0.8,
        "top_k": 5,
        "do_sample": False,
        "stop": ["END"],
    }
    llm = TransformersLLM(model="a/m")
    (output,) = llm.generate([HELLO], num_generations=2, seed=3, **options)
    assert output["generations"] == ["text", "text"]
    ((method, payload),) = worker.asked
    assert method == "generate"
    assert payload["arguments"] == options
    assert (payload["count"], payload["seed"]) == (2, 3)


def test_the_defaults_are_those_of_1_5_3(worker: Worker) -> None:
    TransformersLLM(model="a/m").generate([HELLO])
    assert worker.asked[0][1]["arguments"] == {
        "max_new_tokens": 128,
        "temperature": 0.1,
        "repetition_penalty": 1.1,
        "top_p": 1.0,
        "top_k": 0,
        "do_sample": True,
        "stop": [],
    }


def test_hidden_states_come_in_the_order_of_the_conversations(worker: Worker) -> None:
    found: Any = TransformersLLM(model="a/m").get_last_hidden_states([HELLO, HELLO])
    assert found == [1, 2]


def test_the_fields_are_arguments_of_the_engine(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HF_TOKEN", "hf_secret")
    llm = TransformersLLM(model="a/m", torch_dtype="float16", device=1, chat_template="t")
    settings = llm._engine_settings()
    wanted = {"model": "a/m", "dtype": "float16", "device": 1, "chat_template": "t"}
    assert wanted.items() <= settings.items()
    assert settings["token"] == "hf_secret"
    assert "hf_secret" not in str(llm.dump())
    assert "hf_secret" not in str(llm._identity())


def test_stored_answers_do_not_depend_on_gpus_but_on_the_weights() -> None:
    identity = TransformersLLM(model="a/m")._identity()
    assert TransformersLLM(model="a/m", cuda_devices=[1])._identity() == identity
    assert TransformersLLM(model="a/m", revision="r")._identity() != identity


def test_gpus_are_chosen_for_the_worker_alone(
    started: list[Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(cuda_devices, "visible_devices", lambda: ["0", "1"])
    monkeypatch.delenv(cuda_devices.VARIABLE, raising=False)
    llm = TransformersLLM(model="a/m", device="cuda", cuda_devices=[1])
    llm.load()
    try:
        assert started == [("a/m", {cuda_devices.VARIABLE: "1"})]
        assert cuda_devices.VARIABLE not in os.environ
    finally:
        llm.unload()
    TransformersLLM(model="a/m", device="cpu").load()
    TransformersLLM(model="a/m", device="cuda", disable_cuda_device_placement=True).load()
    assert started[1:] == [("a/m", None), ("a/m", None)]

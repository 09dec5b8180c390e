"""`RewardModelScore` with stand-ins for torch and transformers."""

from __future__ import annotations

import contextlib
import os
import sys
import types
from pathlib import Path
from typing import Any

import pytest

from distilabel.errors import DistilabelUserError
from distilabel.models.mixins import cuda_devices
from distilabel.steps.reward_model import RewardModelScore

CHAT = [{"role": "user", "content": "abc"}, {"role": "assistant", "content": "de"}]


class Values(list[Any]):
    """Like a tensor."""

    def float(self) -> Values:
        return self

    def flatten(self) -> Values:
        return self


class Tokens(dict[str, Any]):
    """Like the output of a tokenizer."""

    def to(self, device: str) -> Tokens:
        assert device == "cpu"
        return self


class Tokenizer:
    """Counts characters."""

    calls: list[dict[str, Any]] = []

    def apply_chat_template(self, chat: list[dict[str, str]], tokenize: bool) -> str:
        assert not tokenize
        return "".join(message["content"] for message in chat)

    def __call__(self, text: str, **options: Any) -> Tokens:
        self.calls.append(options)
        return Tokens(length=len(text))


class Model:
    """Its score is the length of the text."""

    device = "cpu"

    def eval(self) -> Model:
        return self

    def __call__(self, length: int) -> Any:
        return types.SimpleNamespace(logits=[Values([float(length)])])


@pytest.fixture
def loaded(monkeypatch: pytest.MonkeyPatch) -> list[tuple[str, dict[str, Any]]]:
    seen: list[tuple[str, dict[str, Any]]] = []

    def loader(made: Any) -> Any:
        def from_pretrained(name: str, **options: Any) -> Any:
            seen.append((name, options))
            return made

        return types.SimpleNamespace(from_pretrained=from_pretrained)

    torch = types.ModuleType("torch")
    torch.__dict__.update(no_grad=contextlib.nullcontext, bfloat16="the type bfloat16")
    transformers = types.ModuleType("transformers")
    transformers.__dict__.update(
        AutoModelForSequenceClassification=loader(Model()), AutoTokenizer=loader(Tokenizer())
    )
    monkeypatch.setitem(sys.modules, "torch", torch)
    monkeypatch.setitem(sys.modules, "transformers", transformers)
    Tokenizer.calls = []
    return seen


def test_conversations_are_scored(loaded: list[Any]) -> None:
    step = RewardModelScore(model="m", truncation=True, max_length=9)
    step.load()
    rows: list[dict[str, Any]] = [
        {"instruction": "abc", "response": "d"},
        {"conversation": CHAT},
        {"instruction": None, "response": "x", "conversation": CHAT},
    ]
    assert [row["score"] for row in next(step.process(rows))] == [[4.0], [5.0], [5.0]]
    assert Tokenizer.calls[0] == {
        "add_special_tokens": False,
        "truncation": True,
        "max_length": 9,
        "return_tensors": "pt",
    }
    step.unload()
    assert step._model is None


def test_the_model_is_loaded_as_asked_for(loaded: list[Any]) -> None:
    step = RewardModelScore(
        model="m",
        revision="r",
        torch_dtype="bfloat16",
        device_map="cpu",
        token="secret",
    )
    step.load()
    shared = {"revision": "r", "trust_remote_code": False, "token": "secret"}
    assert loaded == [
        ("m", {"torch_dtype": "the type bfloat16", "device_map": "cpu", **shared}),
        ("m", shared),
    ]
    assert "secret" not in str(step.dump())


@pytest.mark.parametrize("row", [{}, {"instruction": "a"}, {"conversation": None}])
def test_a_row_without_a_conversation_is_refused(loaded: list[Any], row: Any) -> None:
    step = RewardModelScore(model="m")
    step.load()
    with pytest.raises(DistilabelUserError, match="neither 'instruction' and 'response' nor"):
        next(step.process([row]))


@pytest.mark.parametrize(
    ("device_map", "disabled", "visible"),
    [("auto", False, "1"), ("cuda", False, "1"), (None, False, "0,1"), ("auto", True, "0,1")],
)
def test_a_model_on_a_gpu_gets_one_that_is_free(
    loaded: list[Any],
    monkeypatch: pytest.MonkeyPatch,
    device_map: str | None,
    disabled: bool,
    visible: str,
    tmp_path: Path,
) -> None:
    monkeypatch.setattr("tempfile.gettempdir", lambda: str(tmp_path))
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", "0,1")
    assert cuda_devices.reserve("another-replica-0", 1, ["0", "1"]) == ["0"]
    step = RewardModelScore(
        model="m", device_map=device_map, disable_cuda_device_placement=disabled
    )
    step.load()
    assert os.environ["CUDA_VISIBLE_DEVICES"] == visible
    step.unload()
    assert os.environ["CUDA_VISIBLE_DEVICES"] == "0,1"
    assert cuda_devices.reserve("next-replica-0", 1, ["0", "1"]) == ["1"]


def test_a_model_that_cannot_be_loaded_leaves_its_gpu(
    loaded: list[Any], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr("tempfile.gettempdir", lambda: str(tmp_path))
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", "0")
    step = RewardModelScore(model="m", device_map="auto", torch_dtype="nonsense")
    with pytest.raises(AttributeError):
        step.load()
    assert cuda_devices.reserve("next-replica-0", 1, ["0"]) == ["0"]

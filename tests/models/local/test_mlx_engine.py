"""`MlxEngine` on a stand-in for mlx_lm: failed starts, questions that join, structures."""

from __future__ import annotations

import platform
import sys
from typing import Any

import pytest

from distilabel.errors import DistilabelUserError
from distilabel.models.local.engine import Question
from distilabel.models.local.mlx_engine import MlxEngine
from models.local.worker_packages import ask, asked, chat, use_stand_ins

SAMPLING: Any = {"temp": 0.0, "top_p": 0.0, "min_p": 0.0, "min_tokens_to_keep": 1, "top_k": -1}
ARGUMENTS: Any = {
    **SAMPLING,
    "max_tokens": 9,
    "max_kv_size": None,
    "prefill_step_size": 512,
    "kv_bits": None,
    "kv_group_size": 64,
    "quantized_kv_start": 0,
}


def engine(model: str = "a/m") -> MlxEngine:
    return MlxEngine(
        model=model,
        tokenizer_config={},
        model_config={},
        adapter_path=None,
        subject=f"MlxLLM({model})",
        note=lambda name, value: None,
    )


@pytest.fixture
def started(monkeypatch: pytest.MonkeyPatch) -> MlxEngine:
    use_stand_ins(monkeypatch)
    made = engine()
    assert made.start() == {"device": "Device(stand-in)"}
    return made


def test_a_model_that_is_not_found_is_one_message(monkeypatch: pytest.MonkeyPatch) -> None:
    use_stand_ins(monkeypatch)
    with pytest.raises(DistilabelUserError, match=r"MlxLLM\(missing\): the model cannot be loaded"):
        engine("missing").start()


def test_a_mac_without_the_package_is_told_how_to_install_it(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(platform, "system", lambda: "Darwin")
    monkeypatch.setattr(platform, "machine", lambda: "arm64")
    monkeypatch.setitem(sys.modules, "mlx.core", None)
    with pytest.raises(ImportError, match=r"pip install 'distilabel\[mlx\]'$"):
        engine().start()


def test_another_machine_is_told_what_to_use_instead(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(platform, "system", lambda: "Linux")
    monkeypatch.setitem(sys.modules, "mlx.core", None)
    with pytest.raises(
        ImportError, match=r"MLX runs on Apple silicon; this is Linux on .* Use Tran"
    ):
        engine().start()


def test_questions_that_arrive_meanwhile_join(started: MlxEngine) -> None:
    found: dict[int, Any] = {}

    def question(number: int, text: str, **arguments: Any) -> Question:
        payload = asked(chat(text), **ARGUMENTS | arguments)
        return Question(number, "generate", payload, found.__setitem__, found.__setitem__)

    waiting = [[question(2, "b")], [question(3, "c", max_kv_size=5), question(4, "d")]]
    started.more = lambda method: waiting.pop(0) if waiting else []
    started.generate([question(1, "a long one")])
    assert [found[number]["texts"] for number in (1, 2, 3, 4)] == [
        ["a long on"],
        ["b"],
        ["c"],
        ["d"],
    ]
    # The short ones did not wait for the long one; one with another cache did.
    assert list(found) == [2, 4, 1, 3]


def test_a_question_that_cannot_be_read_fails_alone(started: MlxEngine) -> None:
    bad = asked(chat("a"), **ARGUMENTS)
    del bad["seed"]
    found = ask(started, "generate", [bad, asked(chat("b"), **ARGUMENTS)])
    assert isinstance(found[0], KeyError)
    assert found[1]["texts"] == ["b"]


@pytest.mark.parametrize("kv_bits", [None, 4])
def test_answers_follow_their_structure(started: MlxEngine, kv_bits: int | None) -> None:
    guidance = pytest.importorskip("llguidance")
    from distilabel.models.local.constraints import Constraints

    started._constraints = Constraints(guidance.LLTokenizer("byte"), "MlxLLM(a/m)", "mlx")
    arguments = ARGUMENTS | {"kv_bits": kv_bits}
    found = ask(
        started,
        "generate",
        [
            asked(chat("ac"), structure=("choice", ["yes", "abc"]), **arguments),
            asked(chat("x"), **arguments),
        ],
    )
    assert found[0]["texts"] == ["abc"]
    assert found[0]["finish_reasons"] == ["stop"]
    assert found[1]["texts"] == ["x"]

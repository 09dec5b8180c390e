"""`LlamaCppEngine` on a stand-in for llama_cpp: a failed start, structures, seeds."""

from __future__ import annotations

import json
from typing import Any

import pytest

from distilabel.errors import AnswerError, DistilabelUserError
from distilabel.models.local.llamacpp_engine import RANDOM_SEED, LlamaCppEngine
from models.local.worker_packages import ask, asked, chat, use_stand_ins


@pytest.fixture(autouse=True)
def _stand_ins(monkeypatch: pytest.MonkeyPatch) -> None:
    use_stand_ins(monkeypatch)


def engine(path: str = "m.gguf", seed: int = RANDOM_SEED) -> LlamaCppEngine:
    return LlamaCppEngine(
        arguments={"model_path": path, "seed": seed},
        tokenizer=None,
        subject=f"LlamaCppLLM({path})",
        note=lambda name, value: None,
    )


def started(seed: int = RANDOM_SEED) -> LlamaCppEngine:
    made = engine(seed=seed)
    made.start()
    return made


def test_a_file_that_cannot_be_loaded_is_one_message() -> None:
    with pytest.raises(DistilabelUserError, match=r"llama\.cpp cannot load the file: Failed"):
        engine("broken.gguf").start()


def test_a_question_that_fails_leaves_the_others() -> None:
    questions = [asked(chat(text), max_tokens=9) for text in ("too long", "b")]
    found = ask(started(), "generate", questions)
    assert isinstance(found[0], AnswerError)
    assert found[1]["texts"] == ["b"]


@pytest.mark.parametrize(("own", "of_question", "found"), [(5, None, [5, 6]), (5, 9, [9, 10])])
def test_each_generation_has_a_seed_of_its_own(
    own: int, of_question: int | None, found: list[int]
) -> None:
    question = asked(chat("options"), count=2, max_tokens=900) | {"seed": of_question}
    (answer,) = ask(started(own), "generate", [question])
    assert [json.loads(text)["seed"] for text in answer["texts"]] == found


def test_a_seeded_answer_does_not_depend_on_what_is_in_the_cache() -> None:
    made = started()
    question = asked(chat("options"), count=2, max_tokens=900)
    (seeded,) = ask(made, "generate", [question | {"seed": 5}])
    assert [json.loads(text)["resets"] for text in seeded["texts"]] == [1, 2]
    # Others use the cache.
    (plain,) = ask(made, "generate", [question])
    assert [json.loads(text)["resets"] for text in plain["texts"]] == [2, 2]


def test_without_a_seed_generations_differ() -> None:
    question = asked(chat("options"), count=2, max_tokens=900)
    (answer,) = ask(started(), "generate", [question])
    assert len({json.loads(text)["seed"] for text in answer["texts"]}) == 2


def test_answers_follow_their_structure() -> None:
    guidance = pytest.importorskip("llguidance")
    from distilabel.models.local.constraints import Constraints

    made = started()
    made._constraints = Constraints(guidance.LLTokenizer("byte"), "LlamaCppLLM", "llama-cpp")
    question: Any = asked(chat("axxc"), structure=("choice", ["yes", "abc"]), max_tokens=9)
    (answer,) = ask(made, "generate", [question])
    assert answer["texts"] == ["abc"]


def test_a_conversation_is_not_rendered_without_a_tokenizer() -> None:
    with pytest.raises(DistilabelUserError, match="rendering a prompt needs tokenizer_id"):
        ask(started(), "render", [asked(chat("a"))])
    assert ask(started(), "render", [asked("a text")]) == ["a text"]

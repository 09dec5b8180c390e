"""Protects the batches of `TransformersEngine`, with a model in place of that of transformers."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest

from distilabel.errors import AnswerError, DistilabelUserError
from distilabel.models.local.engine import Question
from distilabel.models.local.transformers_engine import TransformersEngine
from models.local.stand_ins.tokenizer import CharacterTokenizer
from models.local.worker_packages import ask, asked, chat

torch = pytest.importorskip("torch")

ARGUMENTS: Any = {
    "max_new_tokens": 9,
    "temperature": 1.0,
    "repetition_penalty": 1.0,
    "top_p": 1.0,
    "top_k": 0,
    "do_sample": False,
    "stop": [],
}


class Model:
    """Repeats the message of its prompt, and runs out of memory with more than `most` rows."""

    device = "cpu"
    generation_config = None

    def __init__(self, most: int = 99) -> None:
        self.most = most
        self.batches: list[list[str]] = []

    def generate(
        self,
        input_ids: Any,
        attention_mask: Any,
        generation_config: Any,
        logits_processor: Any,
        stopping_criteria: Any,
    ) -> Any:
        prompts = [
            "".join(chr(token) for token, here in zip(ids, mask, strict=True) if here)
            for ids, mask in zip(input_ids.tolist(), attention_mask.tolist(), strict=True)
        ]
        self.batches.append(prompts)
        if len(prompts) > self.most:
            raise torch.OutOfMemoryError
        for _ in range(generation_config.max_new_tokens):
            scores = torch.zeros(len(prompts), 257)
            for index, text in enumerate(prompts):
                message, _, written = text.partition("]")[2].partition("[assistant]")
                left = message.removeprefix(written)
                scores[index, ord(left[0]) if left else 0] = 1.0
                prompts[index] += left[:1]
            chosen = logits_processor[0](input_ids, scores).argmax(-1)
            input_ids = torch.cat([input_ids, chosen.unsqueeze(1)], 1)
            if stopping_criteria[0](input_ids, None).all():
                break
        return input_ids


def engine(model: Model | None = None, **arguments: Any) -> TransformersEngine:
    options: dict[str, Any] = {
        "model": "m",
        "revision": None,
        "dtype": "auto",
        "trust_remote_code": False,
        "model_kwargs": {},
        "tokenizer": None,
        "use_fast": True,
        "chat_template": None,
        "device": None,
        "device_map": None,
        "token": None,
    }
    made = TransformersEngine(
        **(options | arguments), subject="TransformersLLM(m)", note=lambda name, value: None
    )
    made._torch = torch
    made._model = model or Model()
    made._tokenizer = CharacterTokenizer()
    made._ends = frozenset({0})
    made._pad = 0
    made._longest = None
    made._library = SimpleNamespace(
        GenerationConfig=lambda **given: SimpleNamespace(**given),
        LogitsProcessorList=list,
        StoppingCriteriaList=list,
    )
    return made


def question(text: str, **arguments: Any) -> Any:
    return asked(chat(text), **ARGUMENTS | arguments)


def test_texts_are_generated_in_one_batch() -> None:
    model = Model()
    found = ask(engine(model), "generate", [question("a"), question("abcdefghijkl")])
    assert [each["texts"] for each in found] == [["a"], ["abcdefghi"]]
    assert [each["finish_reasons"] for each in found] == [["stop"], ["length"]]
    assert len(model.batches) == 1


def test_what_arrives_shortly_after_fills_the_batch() -> None:
    model = Model()
    made = engine(model)
    found: dict[int, Any] = {}
    late = Question(2, "generate", question("b"), found.__setitem__, found.__setitem__)
    waiting = [[late]]
    made.more = lambda method: waiting.pop() if waiting else []
    made.generate([Question(1, "generate", question("a"), found.__setitem__, found.__setitem__)])
    assert len(model.batches) == 1
    assert [found[number]["texts"] for number in (1, 2)] == [["a"], ["b"]]


def test_a_batch_that_may_double_ends_and_goes_on_with_the_others() -> None:
    model = Model()
    made = engine(model)
    found: dict[int, Any] = {}

    def one(number: int, text: str) -> Question:
        payload = question(text, max_new_tokens=20)
        return Question(number, "generate", payload, found.__setitem__, found.__setitem__)

    waiting = [[one(2, "b" * 12)], []]
    made.more = lambda method: waiting.pop() if waiting else []
    made.generate([one(1, "a" * 20)])
    assert [len(batch) for batch in model.batches] == [1, 2]
    assert [found[number]["texts"] for number in (1, 2)] == [["a" * 20], ["b" * 12]]


def test_a_batch_that_is_too_large_is_halved() -> None:
    model = Model(most=2)
    found = ask(engine(model), "generate", [question(text) for text in "abcde"])
    assert [each["texts"] for each in found] == [["a"], ["b"], ["c"], ["d"], ["e"]]
    assert [len(batch) for batch in model.batches] == [5, 2, 2, 1]


def test_a_row_that_does_not_fit_alone_fails_and_ends() -> None:
    (found,) = ask(engine(Model(most=0)), "generate", [question("a")])
    assert isinstance(found, AnswerError)
    assert "not enough memory" in str(found)


def test_a_prompt_that_is_too_long_fails_alone() -> None:
    made = engine()
    made._longest = 24
    found = ask(made, "generate", [question("a" * 30), question("abcdef")])
    assert "the prompt has 47 tokens; the model takes 24" in str(found[0])
    # The answer ends where the model's length does.
    assert found[1]["texts"] == ["a"]
    assert found[1]["finish_reasons"] == ["length"]


@pytest.mark.parametrize("device", ["cuda", "cuda:1", 0])
def test_a_gpu_that_is_not_there_is_one_message(
    device: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    with pytest.raises(DistilabelUserError, match=r"device=.* torch finds no GPU"):
        engine(device=device)._checked_device(torch)
    assert engine(device=-1)._checked_device(torch) == "cpu"


def test_prompts_are_rendered() -> None:
    assert ask(engine(), "render", [question("a")]) == ["[user]a[assistant]"]

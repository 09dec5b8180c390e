"""Protects that an answer without a text costs its own question only."""

from __future__ import annotations

import logging
from typing import Any

import pytest
from pydantic import PrivateAttr

from distilabel.errors import AnswerError
from distilabel.models.llms.base import AsyncLLM
from model_doubles import chat

QUESTIONS = [chat("a"), chat("none"), chat("b")]


class Silent(AsyncLLM):
    """Answers with the question, and with None, nothing or an error if the question says so."""

    @property
    def model_name(self) -> str:
        return "silent"

    async def agenerate(self, input: Any, num_generations: int = 1) -> Any:  # type: ignore[override]
        text = input[-1]["content"]
        if text == "broken":
            raise AnswerError("broken", status=400)
        generations = [] if text == "empty" else [None if text == "none" else text]
        return {"generations": generations * num_generations, "statistics": {"input_tokens": [1]}}


class SilentAtTimes(Silent):
    """Gives one generation per call; every second one has no text."""

    _num_generations_param_supported = False
    calls: list[int] = []

    async def agenerate(self, input: Any, **kwargs: Any) -> Any:  # type: ignore[override]
        self.calls.append(1)
        text = None if len(self.calls) % 2 == 0 or input[-1]["content"] == "none" else "yes"
        return {"generations": [text], "statistics": {"input_tokens": [1]}}


@pytest.mark.parametrize("silence", ["none", "empty"])
@pytest.mark.parametrize("method", ["generate", "generate_outputs"])
def test_the_others_keep_their_answers(
    silence: str, method: str, caplog: pytest.LogCaptureFixture
) -> None:
    questions = [chat("a"), chat(silence), chat("b")]
    with caplog.at_level(logging.WARNING, "distilabel.llm"):
        outputs = getattr(Silent(), method)(questions, num_generations=2)
    assert [output["generations"] for output in outputs] == [["a"] * 2, [None] * 2, ["b"] * 2]
    assert outputs[1]["statistics"] == {"input_tokens": [1]}
    assert "1 of 3 answers have no text" in caplog.text


def test_an_error_is_still_an_error() -> None:
    with pytest.raises(AnswerError, match="broken"):
        Silent().generate_outputs([chat("a"), chat("broken")])


@pytest.mark.parametrize(("before", "texts"), [(0, ["yes", None, "yes"]), (1, [None, "yes", None])])
def test_some_generations_of_several_may_have_no_text(before: int, texts: list[str | None]) -> None:
    llm = SilentAtTimes(calls=[1] * before)
    (output,) = llm.generate_outputs([chat("a")], num_generations=3)
    assert output["generations"] == texts
    assert output["statistics"]["input_tokens"] == [1, 1, 1]


def test_without_any_text_a_question_of_several_generations_is_none() -> None:
    (output,) = SilentAtTimes().generate_outputs([chat("none")], num_generations=2)
    assert output["generations"] == [None, None]


@pytest.mark.parametrize("gives_several", [True, False])
def test_a_model_may_say_on_loading_whether_it_gives_several_answers(gives_several: bool) -> None:
    class Told(Silent):
        several: bool
        _num_generations_param_supported: bool = PrivateAttr(default=True)

        def load(self) -> None:
            super().load()
            self._num_generations_param_supported = self.several

        async def agenerate(self, input: Any, num_generations: int = 1) -> Any:  # type: ignore[override]
            return {"generations": [f"one of {num_generations}"] * num_generations}

    llm = Told(several=gives_several)
    llm.load()
    (output,) = llm.generate_outputs([chat("a")], num_generations=2)
    assert output["generations"] == (["one of 2"] * 2 if gives_several else ["one of 1"] * 2)

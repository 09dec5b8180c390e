"""`Turns`: an answer that cannot be parsed is asked for again, then fails with its text."""

from __future__ import annotations

from typing import Any

import pytest

from distilabel.errors import AnswerError
from distilabel.steps.tasks.turns import Turns


class Asked:
    """Answers from a list; what is asked again is answered from the same list, if it is parsed."""

    def __init__(self, *answers: str | None) -> None:
        self.answers = list(answers)
        self.retries: list[tuple[int, int]] = []
        self.accepted: list[bool] = []

    def _next(self) -> Any:
        text = self.answers.pop(0)
        return {"generations": [text], "statistics": {"output_tokens": [11]}}

    async def __call__(self, input: Any, num_generations: int = 1, **kwargs: Any) -> Any:
        return self._next()

    async def again(self, input: Any, attempt: int, which: int, is_readable: Any) -> Any:
        self.retries.append((attempt, which))
        output = self._next()
        self.accepted.append(is_readable(output))
        return output


def read(text: str) -> int:
    return int(text)


async def test_an_answer_is_parsed_and_its_tokens_are_counted() -> None:
    turns = Turns(Asked("1", "2"), "s", 1)
    assert [await turns.next("q", read, "x"), await turns.next("q", read, "x")] == [1, 2]
    assert turns.statistics == {"output_tokens": [11, 11]}
    row = turns.added_to({"distilabel_metadata": {"a": 1}}, "k")
    assert row == {"distilabel_metadata": {"a": 1, "k": {"output_tokens": [11, 11]}}}
    assert Turns(Asked(), "s", 1).added_to({"b": 2}, "k") == {"b": 2}


async def test_it_is_asked_again_and_only_a_parsed_answer_is_accepted() -> None:
    asked = Asked("no", "<think>3", "<think>3</think>4")
    turns = Turns(asked, "s", 2)
    with pytest.raises(AnswerError):
        await turns.next("q", read, "x")
    assert asked.retries == [(1, 0), (2, 0)]
    assert asked.accepted == [False, True]


async def test_the_error_has_the_text_and_what_was_asked_for() -> None:
    with pytest.raises(AnswerError, match=r"s: the answer for turn 2 could not be parsed") as error:
        await Turns(Asked("a", "b"), "s", 1).next("q", read, "turn 2")
    assert (error.value.raw, error.value.attempts) == ("b", 2)
    with pytest.raises(AnswerError, match="no text for turn 2") as error:
        await Turns(Asked(None), "s", 1).next("q", read, "turn 2")
    assert error.value.has_no_text

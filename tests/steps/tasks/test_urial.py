"""`URIAL`: a prompt that a base model goes on with, and an answer cut off before the next one."""

from __future__ import annotations

from typing import Any

import pytest

from distilabel.models import SimulatedLLM
from distilabel.steps.tasks.urial import URIAL
from judge_variants import random_texts

CHAT = [
    {"role": "user", "content": "one {{ x }}"},
    {"role": "assistant", "content": "two"},
    {"role": "user", "content": "three"},
]


def test_the_prompt_ends_where_the_answer_belongs(scripted: Any) -> None:
    (message,) = URIAL(llm=scripted()).format_input({"instruction": "QQQ {{ x }}"})
    shown = str(message["content"])
    assert message["role"] == "user"
    assert shown.endswith("\n\n# User:\n\nQQQ {{ x }}\n\n# Assistant:")
    assert shown.count("\n# User:\n") == shown.count("\n# Assistant:") == 4


@pytest.mark.parametrize(
    "row", [{"conversation": CHAT}, {"conversation": CHAT, "instruction": "x"}]
)
def test_a_conversation_is_shown_in_the_same_form(scripted: Any, row: dict[str, Any]) -> None:
    (message,) = URIAL(llm=scripted()).format_input(row)
    end = "# User:\n\none {{ x }}\n\n# Assistant:\n\ntwo\n\n# User:\n\nthree\n\n# Assistant:"
    assert str(message["content"]).endswith(end)


@pytest.mark.parametrize(
    ("row", "message"),
    [
        ({"conversation": CHAT[:2]}, "does not end with a message of the user"),
        ({"conversation": []}, "does not end"),
        ({"instruction": None}, "neither 'instruction' nor 'conversation'"),
        ({}, "neither"),
        ({"instruction": 1}, "'instruction' contains an int"),
        ({"conversation": "text"}, "'conversation' contains a str"),
    ],
)
def test_rows_without_a_question_are_refused(
    scripted: Any, row: dict[str, Any], message: str
) -> None:
    with pytest.raises(ValueError, match=message):
        URIAL(llm=scripted()).format_input(row)


@pytest.mark.parametrize(
    ("output", "generation"),
    [
        (None, None),
        (" plain ", "plain"),
        ("\n\nhello\n\n# User:\n\nnext", "hello"),
        ("hello\n\n# User\n\nnext", "hello"),
        ("hello\r\n\r\n# User:\r\n\r\nnext", "hello"),
        ("hello\n# User:\nnext", "hello"),
        ("hello\n \n# User: next", "hello"),
        ("# User:\nnext", ""),
        # A heading of the answer itself.
        ("hello\n# User guide\nRead it.", "hello\n# User guide\nRead it."),
        ("hello # User: x", "hello # User: x"),
    ],
)
def test_the_answer_ends_before_the_next_exchange(
    scripted: Any, output: str | None, generation: str | None
) -> None:
    assert URIAL(llm=scripted()).format_output(output) == {"generation": generation}


def test_every_text_can_be_read(scripted: Any) -> None:
    task = URIAL(llm=scripted())
    for text in random_texts(["\n\n# User", "# User:", "# Assistant:"]):
        assert task.format_output(text)["generation"] in text.replace("\r\n", "\n")


def test_the_simulated_model_answers() -> None:
    task = URIAL(llm=SimulatedLLM())
    task.load()
    (row,) = next(task.process([{"instruction": "a"}]))
    assert row["generation"]

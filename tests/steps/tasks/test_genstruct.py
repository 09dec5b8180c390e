"""`Genstruct`: the prompt the model was trained on, and question and answer of its first turn."""

from __future__ import annotations

import itertools
import random
from collections.abc import Iterator
from typing import Any

import pytest

from distilabel.models import SimulatedLLM
from distilabel.steps.tasks.genstruct import Genstruct
from judge_variants import check, wrapped

ROW = {"title": "T {content}", "content": "C"}
NOTHING = {"user": None, "assistant": None}


def test_the_prompt_has_the_markers_of_the_model(scripted: Any) -> None:
    (message,) = Genstruct(llm=scripted()).format_input(ROW)
    assert str(message["content"]).startswith("[[[Title]]] T {content}\n[[[Content]]] C\n\n")
    assert str(message["content"]).endswith("\n\n[[[User]]] ")


@pytest.mark.parametrize(
    "output",
    [
        "How?\n[[[Assistant]]] So.",
        "How?\r\n\r\n[[[Assistant]]]\r\nSo.\r\n",
        "[[[User]]] How?\n[[[Assistant]]] So.",
        "**[[[User]]]** How?\n\n**[[[Assistant]]]** So.",
        "How? [[[assistant]]]: So.",
        "How?\n[[[Assistant]]] So.\n[[[User]]] More?\n[[[Assistant]]] No.",
        "```\nHow?\n[[[Assistant]]] So.\n```",
        "<think>[[[Assistant]]]</think>How?\n[[[Assistant]]] So.",
    ],
)
def test_question_and_answer(scripted: Any, output: str) -> None:
    found = Genstruct(llm=scripted()).format_output(output, ROW)
    assert found == {"user": "How?", "assistant": "So."}


@pytest.mark.parametrize(
    "output",
    [None, "", "How?", "[[[Assistant]]] So.", "How? [[[Assistant]]]", "How? Assistant: So."],
)
def test_one_without_the_other_is_nothing(scripted: Any, output: str | None) -> None:
    assert Genstruct(llm=scripted()).format_output(output, ROW) == NOTHING


async def test_an_answer_without_a_marker_fails(scripted: Any) -> None:
    llm = scripted("How?")
    (row,) = await Genstruct(llm=llm, name="g").aprocess(ROW, llm.agenerate)
    assert "error_g" in row["distilabel_metadata"]


def test_the_simulated_model_understands_the_prompt() -> None:
    task = Genstruct(llm=SimulatedLLM())
    task.load()
    (row,) = next(task.process([ROW]))
    assert row["user"]
    assert row["assistant"]


def test_nothing_is_invented(scripted: Any) -> None:
    task, rng = Genstruct(llm=scripted()), random.Random(0)
    pieces = ["[[[User]]]", "[[[Assistant]]]", "[[[", "]]]", "owl", "\n", "**", "```", " "]
    for _ in range(2000):
        output = "".join(rng.choices(pieces, k=rng.randint(0, 9)))
        found = task.format_output(output, ROW)
        assert all(value is None or value in output for value in found.values())
        assert len({value is None for value in found.values()}) == 1


def cases() -> Iterator[tuple[str, Any]]:
    markers = [
        "[[[Assistant]]] ",
        "[[[Assistant]]]\n",
        "**[[[Assistant]]]** ",
        "[[[assistant]]]: ",
        "[[[ Assistant ]]] ",
    ]
    starts = ["", "[[[User]]] ", "[[[User]]]\n", "**[[[User]]]** "]
    ends = ["", "\n[[[User]]] More?", "\n\n[[[User]]] More?\n[[[Assistant]]] No."]
    for start, marker, end in itertools.product(starts, markers, ends):
        for text in wrapped(f"{start}How?\n{marker}So.{end}"):
            yield text, {"user": "How?", "assistant": "So."}


def test_every_writing_of_the_markers_is_read(scripted: Any) -> None:
    task = Genstruct(llm=scripted())
    check(lambda text: task.format_output(text, ROW), cases(), at_least=500)

"""Protects which instruction is read from an answer, whatever models write around it."""

from __future__ import annotations

import itertools
import random
import re
from collections.abc import Iterator

import pytest

from distilabel.steps.tasks.evol_instruct.answers import read_instruction
from judge_variants import check, line_ends, wrapped


@pytest.mark.parametrize(
    "output",
    [
        "Name two owls.",
        "#Rewritten Prompt#: Name two owls.",
        "#Rewritten Prompt#:\r\nName two owls.\r\n",
        "#Created Prompt#:\n\nName two owls.",
        "Prompt#: Name two owls.",
        "**#Rewritten Prompt#:**\nName two owls.",
        "**Rewritten Prompt:** Name two owls.",
        "**Rewritten Prompt**\n\nName two owls.",
        "## Rewritten Prompt\nName two owls.",
        "#Rewritten Prompt#\nName two owls.",
        "Rewritten Prompt: Name two owls.",
        "The rewritten prompt:\nName two owls.",
        "#The Given Prompt#:\nName an owl.\n\n#Rewritten Prompt#:\nName two owls.",
        "#Rewritten Prompt#:\nName two owls.\n\n#Rewritten Prompt#:\n",
        "Here is the rewritten prompt:\n\nName two owls.",
        "Sure! Here's a more complex version of the prompt:\nName two owls.",
        "**Here is the rewritten prompt:**\nName two owls.",
        "```\nName two owls.\n```",
        "#Rewritten Prompt#:\n```\nName two owls.\n```",
        "```\n#Rewritten Prompt#:\nName two owls.\n```",
        "<think>Prompt#: no</think>Name two owls.",
    ],
)
def test_every_way_to_write_an_instruction(output: str) -> None:
    assert read_instruction(output) == "Name two owls."


@pytest.mark.parametrize(
    "text",
    [
        "Explain `f`:\n\n```python\nf()\n```",
        "Here is a table: fill it in.",
        "Write a prompt for a model.",
        "Name\n\ntwo\n\nowls.",
        "\u8aac\u660e\u3057\u3066\u304f\u3060\u3055\u3044\u3002",
    ],
)
def test_what_belongs_to_the_instruction_stays(text: str) -> None:
    assert read_instruction(text) == text
    assert read_instruction(f"#Rewritten Prompt#:\n{text}") == text


@pytest.mark.parametrize(
    "output", ["", "  ", "#Rewritten Prompt#:", "Sure!\n#Rewritten Prompt#:\n", "```\n```", "***"]
)
def test_no_instruction_is_an_error(output: str) -> None:
    with pytest.raises(ValueError, match="there is no instruction"):
        read_instruction(output)


def test_nothing_is_invented_and_nothing_else_is_raised() -> None:
    rng = random.Random(0)
    pieces = ["Prompt#:", "#Rewritten Prompt#:", "**", "```", "\n", "owl", "Here is the prompt:"]
    for _ in range(2000):
        output = "".join(rng.choices(pieces, k=rng.randint(0, 9)))
        try:
            instruction = read_instruction(output)
        except ValueError:
            continue
        kept, written = (re.sub(r"[`\s*]", "", text) for text in (instruction, output))
        assert kept
        assert kept in written


HEADINGS = [
    "",
    "#Rewritten Prompt#:\n",
    "#Rewritten Prompt#: ",
    "#Created Prompt#:\n\n",
    "**#Rewritten Prompt#:**\n",
    "**Rewritten Prompt:** ",
    "**Rewritten Prompt**\n\n",
    "## Rewritten Prompt\n",
    "### New prompt:\n",
    "#Rewritten Prompt#\n",
    "The created prompt:\n",
    "Rewritten prompt: ",
    "Here is the rewritten prompt:\n\n",
    "Sure! Here's the new version of the prompt:\n",
]
TEXTS = [
    "Name two owls.",
    "Plan a day:\n\n1. Sleep.\n2. Hunt.",
    "Why? \u0664 {x} [[A]]",
    "Explain `f`:\n\n```python\nf()\n```",
]


def cases() -> Iterator[tuple[str, str]]:
    for heading, text in itertools.product(HEADINGS, TEXTS):
        for answer in wrapped(heading + text) if "```" not in text else line_ends(heading + text):
            yield answer, text


def test_every_writing_of_the_heading_is_read() -> None:
    check(read_instruction, cases(), at_least=700)

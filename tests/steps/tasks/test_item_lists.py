"""Protects which texts are read from the lists that models write, with or without numbers."""

from __future__ import annotations

import itertools
import random
from collections.abc import Iterator

import pytest

from distilabel.steps.tasks.item_lists import read_items
from judge_variants import check, surrounded

TWO = ["Name an owl.", "Why do owls hoot?"]


@pytest.mark.parametrize(
    "output",
    [
        "Name an owl.\nWhy do owls hoot?",
        "Name an owl.\r\n\r\nWhy do owls hoot?\r\n",
        "1. Name an owl.\n2. Why do owls hoot?",
        "1) Name an owl.\n\n2) Why do owls hoot?",
        "(1) Name an owl.\n(2) Why do owls hoot?",
        "**1.** Name an owl.\n**2.** Why do owls hoot?",
        "1. **Name an owl.**\n2. **Why do owls hoot?**",
        "Query 1: Name an owl.\nQuery 2: Why do owls hoot?",
        "### Query 1:\nName an owl.\n\n### Query 2:\nWhy do owls hoot?",
        "\u0661. Name an owl.\n\u0662. Why do owls hoot?",
        "- Name an owl.\n- Why do owls hoot?",
        "* Name an owl.\n* Why do owls hoot?",
        "\u2022 Name an owl.\n\u2022 Why do owls hoot?",
        '"Name an owl."\n"Why do owls hoot?"',
        "1. \u201cName an owl.\u201d\n2. \u201cWhy do owls hoot?\u201d",
        "Here are 2 queries:\n\nName an owl.\nWhy do owls hoot?",
        "Sure! Here are two queries for you:\n1. Name an owl.\n2. Why do owls hoot?",
        "**Here are the queries:**\nName an owl.\nWhy do owls hoot?",
        "Name an owl.\nWhy do owls hoot?\n\nLet me know if you need more!",
        "1. Name an owl.\n2. Why do owls hoot?\n\nThese cover facts and causes.",
        "```\nName an owl.\nWhy do owls hoot?\n```",
        "```text\n1. Name an owl.\n2. Why do owls hoot?\n```",
        "<think>\n1. Two owls\n2. fine\n</think>\n\nName an owl.\nWhy do owls hoot?",
        '["Name an owl.", "Why do owls hoot?"]',
        '```json\n["Name an owl.", "Why do owls hoot?"]\n```',
        "---\nName an owl.\n---\nWhy do owls hoot?",
        "  Name an owl.  \n  Why do owls hoot?",
    ],
)
def test_every_way_to_write_two_texts(output: str) -> None:
    assert read_items(output) == TWO


@pytest.mark.parametrize(
    ("output", "items"),
    [
        ("", []),
        ("\n \n", []),
        ("1. Name an owl.", ["Name an owl."]),
        ("Name an owl.", ["Name an owl."]),
        # Numbers and markup that belong to a text stay.
        ("1.5 liters or 2 liters?\nAnd 3?", ["1.5 liters or 2 liters?", "And 3?"]),
        ("2024 was dry. Why?\n1984 too?", ["2024 was dry. Why?", "1984 too?"]),
        ('Sort ["b", "a"].\nWhy?', ['Sort ["b", "a"].', "Why?"]),
        ("Here is a riddle: solve it.\nWhy?", ["Here is a riddle: solve it.", "Why?"]),
        ("Translate this:\nWhy?", ["Translate this:", "Why?"]),
        ("**Bold** start.\nWhy?", ["**Bold** start.", "Why?"]),
        ('"A" or "B"?\nWhy?', ['"A" or "B"?', "Why?"]),
        ("- a\nb", ["- a", "b"]),
        # A numbered text may have several lines, also with a list in it.
        ("1. Plan:\n   1. a\n   2. b\n2. Why?", ["Plan:\n1. a\n2. b", "Why?"]),
        ("1. One\ntwo\n2. Three", ["One\ntwo", "Three"]),
        ("1. **Title**\n\nBody\n\n2. **Other**\n\nEnd", ["**Title**\nBody", "**Other**\nEnd"]),
        ("3. c\n4. d", ["3. c", "4. d"]),
    ],
)
def test_what_is_in_a_text_stays_there(output: str, items: list[str]) -> None:
    assert read_items(output) == items


def test_reasoning_alone_is_no_list() -> None:
    with pytest.raises(ValueError, match="reasoning but no text"):
        read_items("<think>Name an owl.")


def test_nothing_is_invented_and_nothing_else_is_raised() -> None:
    pieces = ["1. ", "2. ", "- ", "\n", "\n\n", "**", "```", '"', "[", "]", "{", "owl", ":", "# "]
    pieces += ["Here are", "\\", "\u0662", "\u201c", " ", "</think>", "\t", "9" * 5 + ". "]
    rng = random.Random(0)
    for _ in range(3000):
        output = "".join(rng.choices(pieces, k=rng.randint(0, 14)))
        # Reasoning comes first in none of them, so nothing is raised.
        for item in read_items(output):
            assert item.strip()
            assert all(line in output for line in item.split("\n")), (output, item)


FORMS = [
    "{t}",
    "{n}. {t}",
    "{n}) {t}",
    "({n}) {t}",
    "[{n}] {t}",
    "{n}: {t}",
    "{n} - {t}",
    "**{n}.** {t}",
    "{n}. **{t}**",
    "- {t}",
    "- **{t}**",
    "* {t}",
    "> {t}",
    "\u2022 {t}",
    "\\item {t}",
    "Query {n}: {t}",
    "**Query {n}:** {t}",
    "### Query {n}\n{t}",
    "### Query {n}:\n{t}",
    "Q{n}: {t}",
    '"{t}"',
    '{n}. "{t}"',
    "`{t}`",
    "{n}. `{t}`",
]


def cases() -> Iterator[tuple[str, list[str]]]:
    texts = [*TWO, "List 3 owls: the 1st, the 2nd, the 3rd."]
    for form, gap in itertools.product(FORMS, ("\n", "\n\n")):
        items = [form.format(n=n, t=text) for n, text in enumerate(texts, 1)]
        for answer in surrounded(gap.join(items)):
            if "```json" not in answer:  # what follows a fence is a remark of its own
                yield answer, texts


def test_every_writing_of_a_list_is_read() -> None:
    check(read_items, cases(), at_least=2000)

"""Parsing solutions: steps anywhere in a text, and JSON with invalid backslashes."""

from __future__ import annotations

import itertools
import re
from typing import Any

import pytest

from distilabel.steps.tasks.math_shepherd.utils import (
    FormatPRM,
    parse_json_response,
    split_solution_steps,
)
from judge_variants import check, line_ends, random_texts, surrounded


@pytest.mark.parametrize(
    ("text", "steps"),
    [
        (
            "Step 1: add 1 and 1.\nStep 2: get 2.\nThe answer is: 2",
            ["Step 1: add 1 and 1.", "Step 2: get 2.", "The answer is: 2"],
        ),
        ("Sure! Step 1: a\n\nb Step 12: c \n", ["Step 1: a\n\nb", "Step 12: c"]),
        ("The answer is: 3", ["The answer is: 3"]),
        ("Step by step we find 3.", []),
        ("", []),
    ],
)
def test_steps(text: str, steps: list[str]) -> None:
    assert split_solution_steps(text) == steps


@pytest.mark.parametrize(
    ("text", "data"),
    [
        ('{"a": 1}', {"a": 1}),
        (r'{"a": "x\)"}', {"a": "x)"}),
        (r'{"a": "\(x\) is \"y\" \u00e9"}', {"a": '(x) is "y" é'}),
        (r'{"a": "\\frac{1}{2}"}', {"a": r"\frac{1}{2}"}),
        ('{"a": "one\ntwo"}', {"a": "one\ntwo"}),
        ("\ufeff{}\u200b", {}),
        ("nope", None),
        ("", None),
    ],
)
def test_json(text: str, data: Any) -> None:
    assert parse_json_response(text) == data


ANSWER = "The answer is: 2"


@pytest.mark.parametrize(
    "text",
    [
        "**Step 1:** one\n\n**Step 2:** two\n\n**The answer is: 2**",
        f"### Step 1: one\n### Step 2: two\n### {ANSWER}",
        f"Step 1: one\r\nStep 2: two\r\n{ANSWER}\r\n",
        f"Sure, here is how.\n\nStep 1: one\nStep 2: two\n{ANSWER}",
        "Step 1: one\nStep 2: two\nThe answer is 2",
        "**Step 1**: one\n**Step 2**: two\n**The final answer is:** 2",
        f"<think>Step 1: no</think>\n\nStep 1: one\nStep 2: two\n{ANSWER}",
        "Step  1 : one\nStep 2 : two\nThe answer is:2",
        "> Step 1\uff1aone\n> Step 2\uff1atwo\n> The answer is\uff1a2",
        "*Step 1:* one\n*Step 2:* two\n*The answer is:* 2",
    ],
)
def test_steps_as_real_models_write_them(text: str) -> None:
    steps = [" ".join(step.split()).rstrip(" >") for step in split_solution_steps(text)]
    assert steps == ["Step 1: one", "Step 2: two", "The answer is: 2"]


STEPS = [
    "Step {n}: {t}",
    "**Step {n}:** {t}",
    "**Step {n}**: {t}",
    "**Step {n}: {t}**",
    "### Step {n}: {t}",
    "### Step {n}\n{t}",
    "#### **Step {n}**\n\n{t}",
    "*Step {n}:* {t}",
    "- Step {n}: {t}",
    "> Step {n}: {t}",
    "step {n}: {t}",
    "STEP {n}: {t}",
    "Step {n}. {t}",
    "Step {n}) {t}",
    "Step {n} - {t}",
    "Step {n} \u2013 {t}",
    "Step #{n}: {t}",
    "Step {n}\uff1a{t}",
    "1. Step {n}: {t}",
    "`Step {n}`: {t}",
    "Step  {n} : {t}",
]
ANSWERS = [
    "The answer is: 4",
    "**The answer is: 4**",
    "**The answer is:** 4",
    "The answer is: **4**",
    "The answer is 4",
    "the answer is: 4",
    "The final answer is: 4",
    "### The answer is: 4",
    "Answer: 4",
    "**Final Answer:** 4",
    "#### 4",
    "Therefore, the answer is: 4",
    "So the answer is 4",
    "The answer is:\n4",
    "The answer is: 4\n\nThat is all.",
]


def test_every_writing_of_steps_is_read() -> None:
    expected = ["Step 1: add", "Step 2: sub", "The answer is: 4"]
    texts: list[str] = []
    for step, answer in itertools.product(STEPS, ANSWERS):
        one, two = step.format(n=1, t="add"), step.format(n=2, t="sub")
        solution = f"{one}\n{two}\n{answer}"
        texts += surrounded(solution) if answer == ANSWERS[0] else line_ends(solution)
    check(split_solution_steps, ((text, expected) for text in texts), at_least=2000)


def test_what_is_within_a_step_stays_there() -> None:
    text = "Step 1: Take step 2 of the recipe. Answer it.\nStep 1.5 is no step.\nThe answer is: 1\n"
    assert split_solution_steps(text) == [
        "Step 1: Take step 2 of the recipe. Answer it.\nStep 1.5 is no step.",
        "The answer is: 1",
    ]
    pieces = [
        "Step 1: ",
        "Step",
        "The answer is: ",
        "answer",
        "owl",
        "####",
        "---",
        "The answer is",
    ]
    for text in random_texts(pieces):
        for step in split_solution_steps(text):
            assert re.match(r"Step \d+:|The answer is:", step), (text, step)


@pytest.mark.parametrize("text", ["", "two", "Steps: 1", "1. one\n2. two", "<think>Step 1: one"])
def test_text_without_steps_has_none(text: str) -> None:
    assert split_solution_steps(text) == []


LABELLED = ["Step 1: a +", "Step 2: b", "Step 3: c. The answer is: 3 -"]


def test_a_step_without_a_tag_keeps_its_text() -> None:
    (row,) = next(FormatPRM().process([{"instruction": "Q", "solutions": LABELLED}]))
    assert (
        row["input"]
        == "Q Step 1: a \u043a\u0438\nStep 2: b\nStep 3: c. The answer is: 3 \u043a\u0438"
    )
    assert row["label"] == "Q Step 1: a +\nStep 2: b\nStep 3: c. The answer is: 3 -"


def test_a_step_without_a_tag_gets_no_label_for_trl() -> None:
    (row,) = next(FormatPRM(format="trl").process([{"instruction": "Q", "solutions": LABELLED}]))
    assert row["completions"] == ["Step 1: a", "Step 2: b\nStep 3: c. The answer is: 3"]
    assert row["labels"] == [True, False]


def test_other_tags_may_be_longer() -> None:
    step = FormatPRM(tags=["<good>", "<bad>"], step_token="<s>")
    (row,) = next(step.process([{"instruction": "Q", "solutions": ["a <good>", "b <bad>"]}]))
    assert (row["input"], row["label"]) == ("Q a <s>\nb <s>", "Q a <good>\nb <bad>")

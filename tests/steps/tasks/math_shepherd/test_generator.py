"""`MathShepherdGenerator`: the prompt, and solutions as lists of steps."""

from __future__ import annotations

import json
from typing import Any

import pytest
from pydantic import ValidationError

from distilabel.models import SimulatedLLM
from distilabel.steps.tasks.math_shepherd.generator import MathShepherdGenerator

ROW = {"instruction": "QQQ {{ x }}"}
ONE = "Step 1: one\nThe answer is: 1"
TWO = "Step 1: two\nThe answer is: 2"
STEPS = [["Step 1: one", "The answer is: 1"], ["Step 1: two", "The answer is: 2"]]


def test_the_prompt_has_the_problem_and_fills_the_template(scripted: Any) -> None:
    task = MathShepherdGenerator(
        llm=scripted(), M=3, system_prompt="A {{ extra_rules }} B {{ few_shots }}", few_shots="FFF"
    )
    system, user = task.format_input(ROW)
    assert "FFF" in str(system["content"])
    assert "QQQ {{ x }}" in str(user["content"])
    assert "Write 3 different solutions" in str(user["content"])
    (only,) = MathShepherdGenerator(llm=scripted(), system_prompt=None).format_input(ROW)
    assert only["role"] == "user"


def test_an_unknown_variable_is_refused_before_anything_is_asked(scripted: Any) -> None:
    with pytest.raises(ValidationError, match="rules"):
        MathShepherdGenerator(llm=scripted(), system_prompt="{{ rules }}")


@pytest.mark.parametrize(
    "text",
    [
        f"{ONE}\n---\n{TWO}",
        f"{ONE}\r\n\r\n-----\r\n\r\n{TWO}",
        f"---\n{ONE}\n---\n{TWO}\n---",
        f"Solutions:\n\n---\n{ONE}\n***\n{TWO}",
        f"<think>{TWO}\n---\n</think>\n\n{ONE}\n---\n{TWO}",
        f"{ONE}\n---\n{TWO}\n---\nStep 1: more than asked\nThe answer is: 3",
    ],
)
def test_solutions_are_separated(scripted: Any, text: str) -> None:
    task = MathShepherdGenerator(llm=scripted(), M=2)
    assert task.format_output(text, ROW) == {**ROW, "solutions": STEPS}


def test_the_golden_solution_is_the_first(scripted: Any) -> None:
    task = MathShepherdGenerator(llm=scripted())
    assert task.format_output(f"{ONE}\n---\n{TWO}")["golden_solution"] == STEPS[0]
    assert task.format_output(None)["golden_solution"] is None


@pytest.mark.parametrize(
    ("text", "solutions"),
    [
        (json.dumps({"solutions": [{"solution": ONE}, {"solution": TWO}]}), STEPS),
        (json.dumps({"solutions": [ONE, TWO]}), STEPS),
        (json.dumps({"solutions": [{"solution": ONE}]}), [[], []]),
        (
            '{"solutions": [{"solution": "Step 1: \\( one\\nThe answer is: 1"}, {"solution": 2}]}',
            None,
        ),
        ("text", [[], []]),
    ],
)
def test_json(scripted: Any, text: str, solutions: Any) -> None:
    task = MathShepherdGenerator(llm=scripted(), M=2, use_default_structured_output=True)
    found = task.format_output(text, ROW)["solutions"]
    assert found == solutions or (solutions is None and found[1] == [] and len(found[0]) == 2)


def test_a_text_without_steps_is_asked_for_again(scripted: Any) -> None:
    task = MathShepherdGenerator(llm=scripted("two", ONE))
    task.load()
    (row,) = next(task.process([ROW]))
    assert row["golden_solution"] == STEPS[0]


@pytest.mark.parametrize("count", [None, 1, 3])
def test_the_simulated_model_solves(count: int | None) -> None:
    task = MathShepherdGenerator(llm=SimulatedLLM(), M=count)
    task.load()
    (row,) = next(task.process([{"instruction": "Add 3 and 4."}]))
    solutions = row["solutions"] if count else [row["golden_solution"]]
    assert len(solutions) == (count or 1)
    assert all(steps[-1].startswith("The answer is: ") for steps in solutions)

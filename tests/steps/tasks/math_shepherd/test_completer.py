"""`MathShepherdCompleter`: a step is good if a solution that goes on from it reaches the answer."""

from __future__ import annotations

from typing import Any

import pytest
from pydantic import ValidationError

from distilabel.errors import DistilabelUserError
from distilabel.models import SimulatedLLM
from distilabel.steps.tasks.math_shepherd.completer import MathShepherdCompleter

GOLDEN = ["Step 1: a", "The answer is: 2"]
RIGHT, WRONG = "Step 9: x\nThe answer is: 2", "Step 9: x\nThe answer is: 3"
ROW = {
    "instruction": "QQQ",
    "golden_solution": GOLDEN,
    "solutions": [["Step 1: a", "Step 2: b", "Step 3: c", "The answer is: 2"]],
}


async def label(scripted: Any, *answers: Any, row: Any = ROW, **options: Any) -> Any:
    llm = scripted(*answers)
    task = MathShepherdCompleter(llm=llm, name="c", **options)
    (made,) = await task._run_aprocess(row, llm.agenerate)
    assert llm.script == []
    return made


async def test_each_step_but_the_last_is_completed(scripted: Any) -> None:
    row = await label(scripted, RIGHT, WRONG)
    assert row["solutions"] == [["Step 1: a +", "Step 2: b -", "Step 3: c The answer is: 2 +"]]
    metadata = row["distilabel_metadata"]
    assert metadata["raw_output_c"] == RIGHT
    assert metadata["statistics_c"] == {"input_tokens": [7], "output_tokens": [11]}


async def test_one_of_several_completions_is_enough(scripted: Any) -> None:
    row = await label(scripted, f"{WRONG}\n---\n{RIGHT}", f"{WRONG}\n---\n{WRONG}", N=2)
    assert row["solutions"][0][:2] == ["Step 1: a +", "Step 2: b -"]


async def test_more_completions_than_asked_for_do_not_count(scripted: Any) -> None:
    row = await label(scripted, f"{WRONG}\n---\n{RIGHT}", WRONG)
    assert row["solutions"][0][0] == "Step 1: a -"


@pytest.mark.parametrize("text", [None, "", "no steps", "<think>Step 1"])
async def test_a_completion_that_cannot_be_read_gives_no_tag(scripted: Any, text: Any) -> None:
    llm = scripted(text, RIGHT)
    (row,) = await MathShepherdCompleter(llm=llm, name="c").aprocess(ROW, llm.agenerate)
    assert row["solutions"][0][:2] == ["Step 1: a", "Step 2: b +"]


@pytest.mark.parametrize(
    ("written", "same"),
    [
        ("The answer is: 2.", True),
        ("**The answer is: 2**", True),
        ("The answer is: $\\boxed{2}$", True),
        ("The answer is: 2.00", True),
        ("The answer is: 2 apples", True),
        ("The answer is: 2 or 3", False),
        ("The answer is $2$", True),
        ("The answer is: 22", False),
        ("The answer is: -2", False),
        ("The answer is: ", False),
    ],
)
async def test_answers_are_compared_by_what_they_say(
    scripted: Any, written: str, same: bool
) -> None:
    row = await label(scripted, f"Step 2: x\n{written}", RIGHT)
    assert row["solutions"][0][0] == f"Step 1: a {'+' if same else '-'}"


@pytest.mark.parametrize(
    ("solution", "labelled"),
    [
        (["Step 1: a", "The answer is: 2"], ["Step 1: a The answer is: 2 +"]),
        (["The answer is: 3"], ["The answer is: 3 -"]),
        (["Step 1: a"], ["Step 1: a -"]),
        ([], []),
    ],
)
async def test_short_solutions_ask_nothing(
    scripted: Any, solution: list[str], labelled: list[str]
) -> None:
    row = await label(scripted, row={**ROW, "solutions": [solution]})
    assert row["solutions"] == [labelled]


async def test_a_solution_without_an_answer_is_not_joined(scripted: Any) -> None:
    row = await label(scripted, RIGHT, row={**ROW, "solutions": [["Step 1: a", "Step 2: b"]]})
    assert row["solutions"] == [["Step 1: a +", "Step 2: b -"]]


async def test_the_prompt_has_the_problem_and_the_steps_so_far(scripted: Any) -> None:
    system, user = MathShepherdCompleter(llm=scripted(), N=3).format_input(
        {"instruction": "QQQ", "steps": ["Step 1: a", "Step 2: b"]}
    )
    assert "finish the solution" in str(system["content"])
    assert "QQQ" in str(user["content"])
    assert "Step 1: a\nStep 2: b" in str(user["content"])
    assert "3 different ways to finish" in str(user["content"])


@pytest.mark.parametrize(
    "wrong", [{"solutions": "text"}, {"solutions": [[1]]}, {"golden_solution": []}]
)
async def test_other_columns_are_refused(scripted: Any, wrong: Any) -> None:
    with pytest.raises(DistilabelUserError, match=next(iter(wrong))):
        await label(scripted, row={**ROW, **wrong})


def test_two_tags_are_needed(scripted: Any) -> None:
    with pytest.raises(ValidationError, match="two tags"):
        MathShepherdCompleter(llm=scripted(), tags=["+"])


def test_the_simulated_model_completes() -> None:
    task = MathShepherdCompleter(llm=SimulatedLLM(), N=2)
    task.load()
    rows = next(task.process([{**ROW, "instruction": f"Add {n} and 1."} for n in range(3)]))
    assert all(step[-1] in "+-" for row in rows for step in row["solutions"][0])

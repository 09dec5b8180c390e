"""`PassRate`: `k` answers are asked for, verified and counted."""

from __future__ import annotations

from typing import Any

import pytest
from pydantic import ValidationError

from distilabel.errors import DistilabelUserError
from distilabel.models import SimulatedLLM
from distilabel.steps.tasks.verifiable.pass_rate import PassRate

ROW = {"prompt": "What is 3 + 4?", "ground_truth": "7"}


async def measure(scripted: Any, *answers: Any, row: Any = ROW, **options: Any) -> Any:
    llm = scripted(*answers)
    task = PassRate(llm=llm, name="p", k=len(answers), **options)
    (made,) = await task._run_aprocess(row, llm.agenerate)
    return made


async def test_answers_are_counted(scripted: Any) -> None:
    row = await measure(scripted, "7", "The answer is: 7.0", "8", None)
    assert (row["pass_rate"], row["pass_k"]) == (0.5, 4)
    assert row["passed"] == [True, True, False, False]
    assert row["answers"] == ["7", "The answer is: 7.0", "8", None]
    assert (row["verifier"], row["in_band"]) == ("math", True)
    low, high = row["pass_interval"]
    assert 0 < low < 0.5 < high < 1
    assert row["distilabel_metadata"]["statistics_p"]["output_tokens"] == [11] * 4


@pytest.mark.parametrize(("answer", "in_band"), [("7", False), ("8", False)])
async def test_what_always_or_never_passes_is_not_in_the_band(
    scripted: Any, answer: str, in_band: bool
) -> None:
    row = await measure(scripted, *[answer] * 8)
    assert row["in_band"] is in_band


async def test_a_function_is_a_verifier(scripted: Any) -> None:
    def is_short(answer: str, truth: Any) -> bool:
        return len(answer) <= int(truth)

    row = await measure(
        scripted, "a", "long", row={"prompt": "x", "ground_truth": 2}, verifier=is_short
    )
    assert (row["passed"], row["verifier"]) == ([True, False], "is_short")


async def test_a_row_may_name_its_verifier(scripted: Any) -> None:
    row = await measure(
        scripted, "paris", row={"prompt": "x", "ground_truth": "Paris", "verifier": "text"}
    )
    assert (row["passed"], row["verifier"]) == ([True], "text")
    with pytest.raises(DistilabelUserError, match=r"'eval'.*math, exact"):
        await measure(scripted, "7", row={**ROW, "verifier": "eval"})


@pytest.mark.parametrize(
    ("options", "message"),
    [({"verifier": "other"}, "math, exact, text, code"), ({"band": (0.8, 0.2)}, "lower one first")],
)
def test_wrong_fields_are_refused(scripted: Any, options: Any, message: str) -> None:
    with pytest.raises(ValidationError, match=message):
        PassRate(llm=scripted(), **options)


async def test_a_row_without_ground_truth_is_refused(scripted: Any) -> None:
    with pytest.raises(DistilabelUserError, match="'ground_truth' is None"):
        await measure(scripted, "7", row={**ROW, "ground_truth": None})


def test_the_verifier_is_audited(scripted: Any) -> None:
    audit = PassRate(llm=scripted(), verifier="math").audit(["7", "-12"])
    assert (audit.false_rejects, audit.false_accepts) == (0, 0)
    for verifier in ("exact", "text"):
        assert PassRate(llm=scripted(), verifier=verifier).audit(["7", "Paris"]).mistakes == []


def test_it_runs_on_the_simulated_model() -> None:
    task = PassRate(llm=SimulatedLLM(), k=3, system_prompt="Be brief.")
    task.load()
    (row,) = next(task.process([ROW]))
    assert row["pass_k"] == 3
    assert set(task.outputs) <= set(row)

"""`ComplexityScorer`: the numbered questions in the prompt, one score per question."""

from __future__ import annotations

from typing import Any

import pytest

from distilabel.errors import DistilabelUserError
from distilabel.models import SimulatedLLM
from distilabel.steps.tasks.complexity_scorer import ComplexityScorer

ROW = {"instructions": ["AAA {{ x }}", None, "CCC"]}


def test_the_prompt_has_the_questions_and_a_line_for_each(scripted: Any) -> None:
    (message,) = ComplexityScorer(llm=scripted()).format_input(ROW)
    shown = str(message["content"])
    order = ["3 numbered questions", "gets 4.", "[1] AAA {{ x }}\n", "[2] \n", "[3] CCC\n"]
    order += [f"[{number}] Score: <whole number from 1 to 4>" for number in (1, 2, 3)]
    places = [shown.index(part) for part in order]
    assert places == sorted(places)


@pytest.mark.parametrize("structured", [True, False])
def test_the_simulated_judge_understands_the_prompt(structured: bool) -> None:
    task = ComplexityScorer(llm=SimulatedLLM(), use_default_structured_output=structured)
    task.load()
    (row,) = next(task.process([ROW]))
    assert len(row["scores"]) == 3
    assert row["scores"] != [None] * 3
    shown = str(task.format_input(ROW)[0]["content"])
    assert ('"scores"' in shown, "Score: <" in shown) == (structured, not structured)


def test_scores_follow_the_questions(scripted: Any) -> None:
    task = ComplexityScorer(llm=scripted())
    assert task.format_output("[3] Score: 2\n[1] Score: 1", ROW) == {"scores": [1.0, None, 2.0]}
    assert task.format_output(None, ROW) == {"scores": [None] * 3}
    assert task._is_unusable(task.format_output("nothing", ROW))
    structured = ComplexityScorer(llm=scripted(), use_default_structured_output=True)
    assert structured.format_output('{"scores": [1, 2, 3]}', ROW) == {"scores": [1.0, 2.0, 3.0]}
    assert list(structured.get_structured_output()["properties"]) == ["scores"]


@pytest.mark.parametrize("value", [None, "text", [], [1], [None]])
def test_wrong_columns_are_refused(scripted: Any, value: Any) -> None:
    with pytest.raises(DistilabelUserError, match="'instructions'"):
        ComplexityScorer(llm=scripted()).format_input({"instructions": value})

"""`QualityScorer`: the numbered responses in the prompt, one score per response."""

from __future__ import annotations

from typing import Any

import pytest

from distilabel.errors import DistilabelUserError
from distilabel.models import SimulatedLLM
from distilabel.steps.tasks.quality_scorer import QualityScorer
from judge_variants import check, objects

ROW = {"instruction": "QQQ", "responses": ["AAA {{ x }}", None, "CCC"]}


def test_the_prompt_has_the_responses_and_a_line_for_each(scripted: Any) -> None:
    (message,) = QualityScorer(llm=scripted()).format_input(ROW)
    shown = str(message["content"])
    order = ["3 numbered responses", "gets 4.", "QQQ", "[1] AAA {{ x }}\n", "[2] \n", "[3] CCC\n"]
    order += [f"[{number}] Score: <whole number from 1 to 4>" for number in (1, 2, 3)]
    places = [shown.index(part) for part in order]
    assert places == sorted(places)


@pytest.mark.parametrize("structured", [True, False])
def test_the_simulated_judge_understands_the_prompt(structured: bool) -> None:
    task = QualityScorer(llm=SimulatedLLM(), use_default_structured_output=structured)
    task.load()
    (row,) = next(task.process([ROW]))
    assert len(row["scores"]) == 3
    assert row["scores"] != [None] * 3
    shown = str(task.format_input(ROW)[0]["content"])
    assert ('"scores"' in shown, "Score: <" in shown) == (structured, not structured)


def test_scores_follow_the_responses(scripted: Any) -> None:
    task = QualityScorer(llm=scripted())
    assert task.format_output("[3] Score: 2\n[1] Score: 1", ROW) == {"scores": [1.0, None, 2.0]}
    assert task.format_output(None, ROW) == {"scores": [None] * 3}
    assert task._is_unusable(task.format_output("nothing", ROW))
    structured = QualityScorer(llm=scripted(), use_default_structured_output=True)
    assert structured.format_output('{"scores": [1, 2, 3]}', ROW) == {"scores": [1.0, 2.0, 3.0]}
    assert list(structured.get_structured_output()["properties"]) == ["scores"]


def test_an_object_is_read_also_where_none_was_asked_for(scripted: Any) -> None:
    task = QualityScorer(llm=scripted())
    cases = ((text, {"scores": [1.0, 3.0, 4.0]}) for text in objects({"scores": [1, 3, "4"]}))
    check(lambda text: task.format_output(text, ROW), cases, at_least=200)


@pytest.mark.parametrize("value", [None, "text", [], [1], [None]])
def test_wrong_columns_are_refused(scripted: Any, value: Any) -> None:
    with pytest.raises(DistilabelUserError, match="'responses'"):
        QualityScorer(llm=scripted()).format_input({"instruction": "q", "responses": value})

"""`PrometheusEval`: the trained markers in the prompt, and a result in any writing."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from typing import Any

import pytest
from pydantic import ValidationError

from distilabel.errors import DistilabelUserError
from distilabel.models import SimulatedLLM
from distilabel.steps.tasks.prometheus_eval import PrometheusEval
from distilabel.steps.tasks.prometheus_rubrics import DEFAULT_RUBRICS
from judge_variants import (
    NO_NUMBERS,
    WRAPPERS,
    check,
    check_no_invention,
    line_ends,
    numbers,
    refuses,
    wrapped,
)

ROW = {"instruction": "QQQ {x}", "generation": "AAA {rubric}", "generations": ["AAA", "BBB"]}
MARKERS = [
    "[RESULT] {}",
    "[RESULT]{}",
    "[RESULT]: {}",
    "[RESULT]\n{}",
    "**[RESULT]** {}",
    "**[RESULT] {}**",
    "**[RESULT]**: {}",
    "[**RESULT**] {}",
    "`[RESULT]` {}",
    "[result] {}",
    "[Result] {}",
    "[ RESULT ] {}",
    "\u3010RESULT\u3011{}",
    "\uff3bRESULT\uff3d {}",
    "### [RESULT] {}",
    "\n\n[RESULT] {}",
    "[RESULT] Score: {}",
]
FEEDBACK = [
    "Feedback: solid work",
    "Feedback:solid work",
    "feedback: solid work",
    "**Feedback:** solid work",
    "**Feedback**: solid work",
    "###Feedback: solid work",
    "### Feedback:\nsolid work",
    "Feedback\uff1asolid work",
    "solid work",
    "  solid work\n",
]


def absolute(scripted: Any, **fields: Any) -> PrometheusEval:
    return PrometheusEval(llm=scripted(), mode="absolute", rubric="helpfulness", **fields)


def relative(scripted: Any, **fields: Any) -> PrometheusEval:
    return PrometheusEval(llm=scripted(), mode="relative", rubric="helpfulness", **fields)


def scores() -> Iterator[tuple[str, Any]]:
    expected = {"feedback": "solid work", "result": 4}
    for marker, number in itertools.product(MARKERS, numbers(4, 5)):
        yield f"Feedback: solid work {marker.format(number)}", expected
    for marker, feedback in itertools.product(MARKERS, FEEDBACK):
        for text in line_ends(f"{feedback} {marker.format(4)}"):
            yield text, expected
    for feedback in FEEDBACK:
        for text in wrapped(f"{feedback} [RESULT] 4"):
            yield text, expected
    yield "Feedback: solid work [RESULT] 4\n\nI hope that 1 helps.", expected
    yield "Feedback: solid work [RESULT] 4\n\nFeedback: solid work [RESULT] 4", expected


def verdicts() -> Iterator[tuple[str, Any]]:
    letters = ["B", "B.", "**B**", '"B"', "(B)", "[B]", "[[B]]", "<B>", "`B`", "Response B", "b"]
    letters += ["**Response B**", "B is better than A", "B > A", "\uff22", "B - it is clearer"]
    letters += ["The better response is B", "Response B is better than response A", "B\n\nBye."]
    expected = {"feedback": "solid work", "result": "B"}
    for marker, letter in itertools.product(MARKERS[:-1], letters):
        yield f"Feedback: solid work {marker.format(letter)}", expected
    for wrapper in WRAPPERS:
        yield wrapper.format("solid work [RESULT] B"), expected


def test_every_writing_of_a_score_is_read(scripted: Any) -> None:
    check(absolute(scripted).format_output, scores(), at_least=1000)


def test_every_writing_of_a_letter_is_read(scripted: Any) -> None:
    check(relative(scripted).format_output, verdicts(), at_least=250)


def test_what_is_not_a_result_is_refused(scripted: Any) -> None:
    values = [*NO_NUMBERS, "0", "6", "7", "4.5", "4.5/5", "A", "A or B", "3 [RESULT] 4"]
    texts = [f"Feedback: a {marker}" for value in values for marker in (f"[RESULT] {value}",)]
    refuses(absolute(scripted).format_output, [*texts, "solid 4", "", "Score: 4", "RESULT 4"])
    values = ["", "a good one", "A or B", "A and B", "A/B", "both", "tie", "C", "4", "A = B"]
    values += ["A < B", "A is worse than B", "neither A nor B", "AB", "Apples", "A [RESULT] B"]
    texts = [f"Feedback: a [RESULT] {value}" for value in values]
    refuses(relative(scripted).format_output, [*texts, "solid B", ""])


def test_no_result_is_invented(scripted: Any) -> None:
    words = ["[RESULT]", "[RESULT] ", "Feedback: ", "Score: "]
    check_no_invention(absolute(scripted).format_output, words)
    check_no_invention(relative(scripted).format_output, words)


@pytest.mark.parametrize("mode", ["absolute", "relative"])
def test_no_answer_is_none(scripted: Any, mode: Any) -> None:
    task = PrometheusEval(llm=scripted(), mode=mode, rubric="honesty")
    assert task.format_output(None, ROW) == {"feedback": None, "result": None}
    assert task._is_unusable(task.format_output("nothing", ROW))


@pytest.mark.parametrize(
    ("fields", "sections"),
    [
        (
            {"mode": "absolute"},
            ["###Task Description:", "###The instruction to evaluate:\nQQQ {x}\n",
             "###Response to evaluate:\nAAA {rubric}\n", "###Score Rubrics:\n[", "###Feedback: "],
        ),
        (
            {"mode": "absolute", "reference": True},
            ["###Response to evaluate:\nAAA", "###Reference Answer (Score 5):\nRRR\n",
             "###Score Rubrics:\n["],
        ),
        (
            {"mode": "relative"},
            ["###Task Description:", "###Instruction:\nQQQ {x}\n", "###Response A:\nAAA\n",
             "###Response B:\nBBB\n", "###Score Rubric:\n[", "###Feedback: "],
        ),
        (
            {"mode": "relative", "reference": True},
            ["###Response B:\nBBB\n", "###Reference Answer:\nRRR\n", "###Score Rubric:\n["],
        ),
    ],
)  # fmt: skip
def test_the_prompt_keeps_the_sections_that_the_models_were_trained_on(
    scripted: Any, fields: dict[str, Any], sections: list[str]
) -> None:
    task = PrometheusEval(llm=scripted(), rubric="reasoning", **fields)
    system, user = task.format_input({**ROW, "reference": "RRR"})
    shown = str(user["content"])
    places = [shown.index(section) for section in sections]
    assert places == sorted(places)
    assert shown.startswith("###Task Description:")
    assert shown.endswith("\n###Feedback: ")
    assert DEFAULT_RUBRICS["reasoning"] in shown
    assert ("RRR" in shown) == ("reference" in task.inputs)
    assert "[RESULT]" in shown
    assert system["role"] == "system"


@pytest.mark.parametrize(
    "fields",
    [
        {"mode": "absolute"},
        {"mode": "relative"},
        {"mode": "absolute", "reference": True},
        {"mode": "relative", "reference": True},
    ],
)
def test_the_simulated_judge_understands_the_prompt(fields: dict[str, Any]) -> None:
    task = PrometheusEval(llm=SimulatedLLM(), rubric="harmlessness", **fields)
    task.load()
    (row,) = next(task.process([{**ROW, "reference": "R"}]))
    assert row["result"] in ((1, 2, 3, 4, 5) if fields["mode"] == "absolute" else ("A", "B"))
    assert row["feedback"].startswith("The response")


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        ({"rubric": "other"}, "'other' is not in `rubrics`, which has 'helpfulness'"),
        ({"rubric": "a", "rubrics": {}}, "`rubrics` is empty"),
        ({"rubric": "a", "rubrics": {"a": "free text"}}, "'a' does not have the form"),
        ({"rubric": "a", "rubrics": {"a": "[x]\nScore 1: a\nScore 2: b"}}, "does not have"),
    ],
)
def test_rubrics_are_checked(scripted: Any, fields: dict[str, Any], message: str) -> None:
    with pytest.raises(ValidationError, match=message):
        PrometheusEval(llm=scripted(), mode="absolute", **fields)


@pytest.mark.parametrize("line", ["\n", "\r\n", "  \n", "\n\n"])
def test_rubrics_of_ones_own_may_have_other_line_ends(scripted: Any, line: str) -> None:
    rubric = line.join(["[Is it good?]", *(f"Score {n}: level {n}" for n in range(1, 6))])
    PrometheusEval(llm=scripted(), mode="absolute", rubric="mine", rubrics={"mine": rubric})


@pytest.mark.parametrize("generations", [["a"], ["a", "b", "c"], ["a", None], "ab", None])
def test_two_texts_are_compared(scripted: Any, generations: Any) -> None:
    with pytest.raises(DistilabelUserError, match="'generations' contains"):
        relative(scripted).format_input({**ROW, "generations": generations})
    with pytest.raises(DistilabelUserError, match="'generation' contains a list"):
        absolute(scripted).format_input({**ROW, "generation": ["a"]})

"""`InstructionBacktranslation`: a reason and a score from 1 to 5, in any writing."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from typing import Any

import pytest

from distilabel.errors import DistilabelUserError
from distilabel.models import SimulatedLLM
from distilabel.steps.tasks.instruction_backtranslation import InstructionBacktranslation
from judge_variants import (
    LABELS,
    NO_NUMBERS,
    check,
    check_no_invention,
    labeled,
    numbers,
    objects,
    refuses,
    wrapped,
)

ROW = {"instruction": "QQQ", "generation": "AAA"}


@pytest.fixture
def task(scripted: Any) -> InstructionBacktranslation:
    return InstructionBacktranslation(llm=scripted())


def cases() -> Iterator[tuple[str, Any]]:
    expected = {"score": 4, "reason": "It helps."}
    for form, number in itertools.product(LABELS, numbers(4, 5)):
        score = labeled(form, "Score", number)
        yield f"It helps.\n\n{score}", expected
        yield f"Reason: It helps.\n{score}", expected
    for form in LABELS:
        reason = labeled(form, "Reason", "It helps.")
        for text in wrapped(f"{reason}\nScore: 4"):
            yield text, expected
        # The other order, and text after the score.
        yield f"Score: 4\n{reason}", expected
    for text in wrapped("It helps.\n\nScore: 4"):
        yield text, expected
    yield "Score: 4\n\nIt helps.", expected
    yield "It helps.\nFinal score: 4/5", expected
    yield "It helps.\nRating: 4", expected
    # The last of several scores, and a repeated answer.
    yield (
        "Score: 2 would be too low.\n\nScore: 4",
        {
            "score": 4,
            "reason": "Score: 2 would be too low.",
        },
    )
    yield "Score: 4", {"score": 4, "reason": ""}


def test_every_writing_of_a_score_is_read(task: InstructionBacktranslation) -> None:
    check(task.format_output, cases(), at_least=1500)


def test_what_is_not_a_score_of_the_scale_is_refused(task: InstructionBacktranslation) -> None:
    texts = [f"why\nScore: {value}" for value in (*NO_NUMBERS, "4.5", "0", "6", "7/10")]
    refuses(task.format_output, [*texts, "", "nothing", "The score is good.", "<think>Score: 4"])
    with pytest.raises(ValueError, match="no line 'Score: <whole number from 1 to 5>'"):
        task.format_output("none", ROW)


def test_no_score_is_invented(task: InstructionBacktranslation) -> None:
    check_no_invention(task.format_output, ["Score", "Score: ", "Rating: ", "Reason: "])


def test_no_answer_is_none(task: InstructionBacktranslation) -> None:
    assert task.format_output(None, ROW) == {"score": None, "reason": None}


def test_the_prompt_has_the_texts_the_levels_and_the_form(task: InstructionBacktranslation) -> None:
    (message,) = task.format_input(ROW)
    shown = str(message["content"])
    places = [shown.index(part) for part in ("\n1. **", "\n5. **", "QQQ", "AAA", "\nScore: <")]
    assert places == sorted(places)
    with pytest.raises(DistilabelUserError, match="'generation' contains None"):
        task.format_input({**ROW, "generation": None})


@pytest.mark.parametrize("structured", [True, False])
def test_the_simulated_judge_understands_the_prompt(structured: bool) -> None:
    task = InstructionBacktranslation(llm=SimulatedLLM(), use_default_structured_output=structured)
    task.load()
    (row,) = next(task.process([ROW]))
    assert row["score"] in range(1, 6)
    assert row["reason"]


def test_structured_answers(scripted: Any) -> None:
    task = InstructionBacktranslation(llm=scripted(), use_default_structured_output=True)
    assert set(task.get_structured_output()["properties"]) == {"reason", "score"}
    assert "Score:" not in str(task.format_input(ROW)[0]["content"])
    check(
        task.format_output,
        [
            (text, {"score": 4, "reason": "why"})
            for score in ("4", '"4"', "4.0", '"4/5"')
            for text in wrapped(f'{{"reason": "why", "score": {score}}}')
        ],
        at_least=50,
    )
    refuses(task.format_output, ["Score: 4", '{"score": 9}', '{"score": true}', '{"reason": "x"}'])


def test_an_object_is_read_also_where_none_was_asked_for(task: InstructionBacktranslation) -> None:
    expected = {"score": 4, "reason": "fine {x}"}
    check(
        task.format_output,
        ((text, expected) for text in objects({"reason": "fine {x}", "score": 4})),
        at_least=200,
    )
    refuses(
        task.format_output,
        ['{"score": 7, "reason": "x"}', '{"reason": "Score: 4"}', '{"score": [4]}'],
    )

"""`EvolInstructGenerator`: texts of the wanted length, the same ones in every run and any order."""

from __future__ import annotations

from typing import Any

import pytest
from pydantic import ValidationError

from distilabel.errors import AnswerError, DistilabelUserError
from distilabel.models import SimulatedLLM
from distilabel.steps.tasks.evol_instruct.english_nouns import ENGLISH_NOUNS
from distilabel.steps.tasks.evol_instruct.evol_complexity.generator import EvolComplexityGenerator
from distilabel.steps.tasks.evol_instruct.generator import EvolInstructGenerator

TEMPLATES = {"FRESH_START": "new: <PROMPT>", "LONGER": "longer: <PROMPT>"}


class Lengthening:
    """Starts with `aaa` and makes each text three characters longer; records the questions."""

    def __init__(self) -> None:
        self.questions: list[str] = []

    async def __call__(self, input: Any, num_generations: int = 1, **kwargs: Any) -> Any:
        kind, _, given = input[0]["content"].partition(": ")
        self.questions.append(input[0]["content"])
        return {
            "generations": ["aaa" if kind == "new" else f"{given}aaa"],
            "statistics": {"input_tokens": [7], "output_tokens": [11]},
        }


def generator(**fields: Any) -> EvolInstructGenerator:
    given = {"llm": SimulatedLLM(), "num_instructions": 5, "name": "g", **fields}
    return EvolInstructGenerator(**given)


def rows(**fields: Any) -> list[dict[str, Any]]:
    task = generator(**fields)
    task.load()
    return [row for batch, _ in task.process() for row in batch]


def test_every_text_has_the_wanted_length_and_reruns_make_the_same() -> None:
    made = rows(num_instructions=12, batch_size=5)
    assert len(made) == 12
    assert all(512 <= len(row["instruction"]) <= 1024 for row in made)
    assert rows(num_instructions=4) == made[:4]
    assert rows(num_instructions=4, seed=1) != made[:4]


async def test_a_text_is_made_longer_until_it_fits() -> None:
    ask = Lengthening()
    task = generator(mutation_templates=TEMPLATES, min_length=6, max_length=8)
    row = await task.arow(3, ask)
    assert row["instruction"] == "aaaaaa"
    assert ask.questions[-1] == "longer: aaa"
    count = len(ask.questions)
    assert row["distilabel_metadata"] == {
        "statistics_instruction_g": {"input_tokens": [7] * count, "output_tokens": [11] * count}
    }


async def test_a_text_that_is_too_long_is_started_afresh_and_not_for_ever() -> None:
    ask = Lengthening()
    task = generator(mutation_templates=TEMPLATES, min_length=1, max_length=2)
    with pytest.raises(AnswerError, match=r"none of 100 texts had .* they had 3 to 3\."):
        await task.arow(0, ask)
    assert {question.split(":")[0] for question in ask.questions} == {"new"}


async def test_a_row_depends_on_its_number_only() -> None:
    task = generator(mutation_templates=TEMPLATES, min_length=9, max_length=9)
    asked = []
    for number in (0, 1, 0):
        ask = Lengthening()
        await task.arow(number, ask)
        asked.append(ask.questions)
    assert asked[0] == asked[2] != asked[1]


async def test_it_starts_with_one_to_four_nouns() -> None:
    task = generator(mutation_templates=TEMPLATES, min_length=3, max_length=3)
    counts = set()
    for number in range(40):
        ask = Lengthening()
        await task.arow(number, ask)
        words = ask.questions[0].removeprefix("new: ").split(", ")
        assert set(words) <= set(ENGLISH_NOUNS)
        counts.add(len(words))
    assert counts == {1, 2, 3, 4}


async def test_answers() -> None:
    task = generator(
        mutation_templates=TEMPLATES, min_length=3, max_length=3, generate_answers=True
    )
    row = await task.arow(0, Lengthening())
    assert task.outputs == ["instruction", "model_name", "answer"]
    assert (row["instruction"], row["answer"]) == ("aaa", "aaa")
    assert list(row["distilabel_metadata"]) == ["statistics_answer_g"]


def test_mistakes_are_named_before_anything_is_asked() -> None:
    with pytest.raises(ValidationError, match="no 'FRESH_START'"):
        generator(mutation_templates={"A": "x"})
    with pytest.raises(DistilabelUserError, match=r"min_length \(9\) is above max_length \(3\)"):
        generator(min_length=9, max_length=3).load()


def test_a_failed_row_has_none_in_every_column() -> None:
    (row,) = generator(generate_answers=True)._failed_rows({}, {"type": "x", "message": "m"})
    assert (row["instruction"], row["answer"]) == (None, None)


def test_evol_complexity_has_no_breadth() -> None:
    task = EvolComplexityGenerator(llm=SimulatedLLM(), num_instructions=1)
    assert "BREADTH" not in task.mutation_templates_names
    assert task.mutation_templates_names[0] == "FRESH_START"


def test_its_prompt_is_printed(capsys: pytest.CaptureFixture[str]) -> None:
    generator().print()
    assert "Write one question or request" in capsys.readouterr().out


def test_it_is_rebuilt_from_its_dump() -> None:
    dump = generator(seed=3, min_length=1).dump()
    assert EvolInstructGenerator.from_dict(dump).dump() == dump

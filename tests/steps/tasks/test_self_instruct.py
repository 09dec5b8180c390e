"""`SelfInstruct`: the prompt names what is asked for, and an answer has at least one text."""

from __future__ import annotations

from typing import Any

import pytest

from distilabel.errors import DistilabelUserError
from distilabel.models import SimulatedLLM
from distilabel.steps.tasks.self_instruct import SelfInstruct


def test_the_prompt_has_the_number_the_application_the_criteria_and_the_context(
    scripted: Any,
) -> None:
    task = SelfInstruct(
        llm=scripted(),
        num_instructions=7,
        criteria_for_query_generation="CCC",
        application_description="AAA",
    )
    (message,) = task.format_input({"input": "QQQ {{ x }}"})
    shown = str(message["content"])
    places = [shown.index(part) for part in ("Write 7", "AAA", "CCC", "QQQ {{ x }}", "exactly 7")]
    assert places == sorted(places)


def test_one_instruction_is_asked_for_in_the_singular(scripted: Any) -> None:
    (message,) = SelfInstruct(llm=scripted(), num_instructions=1).format_input({"input": "x"})
    assert "exactly 1 query, on one line" in str(message["content"])


@pytest.mark.parametrize("structured", [False, True])
@pytest.mark.parametrize("number", [1, 15])
def test_the_simulated_model_understands_the_prompt(number: int, structured: bool) -> None:
    task = SelfInstruct(
        llm=SimulatedLLM(), num_instructions=number, use_default_structured_output=structured
    )
    task.load()
    (row,) = next(task.process([{"input": "tide pools"}]))
    assert row["instructions"]
    if not structured:
        assert len(row["instructions"]) == number


async def test_an_answer_without_an_instruction_fails(scripted: Any) -> None:
    llm = scripted("```\n```")
    (row,) = await SelfInstruct(llm=llm, name="s").aprocess({"input": "x"}, llm.agenerate)
    assert row["instructions"] == []
    assert "none of the requested values" in row["distilabel_metadata"]["error_s"]["message"]


@pytest.mark.parametrize(
    ("output", "instructions"),
    [
        ('{"instructions": ["a", " b "]}', ["a", "b"]),
        ('```json\n{"instructions": ["a", null, 3, ""]}\n```', ["a"]),
        ('{"instructions": "a"}', []),
        ("a\nb", []),
        (None, []),
    ],
)
def test_structured_answers(scripted: Any, output: str | None, instructions: list[str]) -> None:
    task = SelfInstruct(llm=scripted(), use_default_structured_output=True)
    assert task.format_output(output) == {"instructions": instructions}


def test_a_context_that_is_not_a_text_is_an_error(scripted: Any) -> None:
    with pytest.raises(DistilabelUserError, match="'input' contains a list"):
        SelfInstruct(llm=scripted(), name="s").format_input({"input": ["a"]})


def test_it_is_rebuilt_from_its_dump() -> None:
    dump = SelfInstruct(llm=SimulatedLLM(), num_instructions=2).dump()
    assert SelfInstruct.from_dict(dump).dump() == dump

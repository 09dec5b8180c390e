"""`MagpieGenerator`: as many conversations as asked for, the same ones in every run."""

from __future__ import annotations

from typing import Any

import pytest
from pydantic import ValidationError

from distilabel.models import SimulatedLLM
from distilabel.steps.tasks import MagpieGenerator


def llm() -> SimulatedLLM:
    return SimulatedLLM(magpie_pre_query_template="qwen2")


def rows(**fields: Any) -> list[dict[str, Any]]:
    task = MagpieGenerator(llm=llm(), name="g", **fields)
    task.load()
    return [row for batch, _ in task.process() for row in batch]


def test_the_columns_and_the_number_of_rows() -> None:
    made = rows(num_rows=7, batch_size=3)
    assert len(made) == 7
    columns = ["instruction", "response", "distilabel_metadata", "model_name"]
    assert all(list(row) == columns for row in made)


def test_a_system_prompt_is_chosen_by_the_number_of_the_row() -> None:
    prompts = {"a": "You like owls.", "b": "You like hawks."}
    few = [row["system_prompt_key"] for row in rows(num_rows=5, system_prompt=prompts)]
    many = [row["system_prompt_key"] for row in rows(num_rows=30, system_prompt=prompts)]
    assert set(many) == {"a", "b"}
    assert many[:5] == few


def test_a_failed_row_has_all_columns_but_the_name_of_the_model() -> None:
    task = MagpieGenerator(llm=llm(), num_rows=1, n_turns=2, system_prompt={"k": "s"})
    assert task.format_output(None) == {"conversation": None, "system_prompt_key": None}


@pytest.mark.parametrize("prompts", [None, "s", ["a", "b"], {"a": "x"}, {"a": ("x", 1.0)}])
def test_it_is_rebuilt_from_its_dump(prompts: Any) -> None:
    task = MagpieGenerator(llm=llm(), system_prompt=prompts, num_rows=3)
    again = MagpieGenerator.from_dict(task.dump())
    assert again.dump() == task.dump()
    assert again.system_prompt == prompts


def test_a_generator_of_no_rows_is_a_mistake() -> None:
    with pytest.raises(ValidationError):
        MagpieGenerator(llm=llm(), num_rows=0)


def test_the_model_has_to_have_a_template() -> None:
    with pytest.raises(ValidationError, match="needs a magpie_pre_query_template"):
        MagpieGenerator(llm=SimulatedLLM(), num_rows=2)

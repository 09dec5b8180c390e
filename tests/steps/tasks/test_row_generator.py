"""Generators of independent rows: how many they generate, and in which batches."""

from __future__ import annotations

from typing import Any

import pytest
from pydantic import ValidationError

from distilabel.models import SimulatedLLM
from distilabel.steps.tasks.base import uses_aprocess
from distilabel.steps.tasks.row_generator import RowGenerator
from rooms import Echo


class Asked(RowGenerator):
    """Asks for numbers."""

    count: int = 5

    @property
    def outputs(self) -> list[str]:
        return ["n", "answer", "model_name"]

    def format_output(self, output: str | None, input: Any = None) -> dict[str, Any]:
        return {"n": None, "answer": output}

    def _known_length(self) -> int:
        return self.count

    async def arow(self, number: int, ask: Any) -> dict[str, Any]:
        output = await ask([{"role": "user", "content": str(number)}])
        return {"n": number, "answer": output["generations"][0], "model_name": "m"}


class Own(Asked):
    """Overrides `process`."""

    def process(self, offset: int = 0) -> Any:
        yield from super().process(offset)


def batches(offset: int = 0, **fields: Any) -> list[tuple[list[int], bool]]:
    task = Asked(llm=Echo(), **fields)
    task.load()
    return [([row["n"] for row in rows], last) for rows, last in task.process(offset)]


@pytest.mark.parametrize("size", [1, 2, 5, 7, None])
def test_the_number_of_rows_is_exact_and_the_last_batch_flagged(size: int | None) -> None:
    made = batches(batch_size=size)
    assert [n for rows, _ in made for n in rows] == [0, 1, 2, 3, 4]
    assert [last for _, last in made] == [False] * (len(made) - 1) + [True]
    assert max(len(rows) for rows, _ in made) == min(size or 50, 5)


def test_an_offset_leaves_out_the_first_rows() -> None:
    assert batches(3, batch_size=1) == [([3], False), ([4], True)]
    assert batches(5) == batches(9) == [([], True)]


def test_equal_questions_of_different_batches_get_different_answers() -> None:
    from distilabel.steps.tasks import MagpieGenerator

    task = MagpieGenerator(
        llm=SimulatedLLM(magpie_pre_query_template="qwen2"), num_rows=20, batch_size=1
    )
    task.load()
    texts = [rows[0]["instruction"] for rows, _ in task.process()]
    assert len(set(texts)) > 15


def test_overriding_process_makes_it_an_ordinary_generator() -> None:
    assert uses_aprocess(Asked)
    assert not uses_aprocess(Own)
    Own(llm=Echo(), process_timeout=3.0)
    with pytest.raises(ValidationError, match="Set the `timeout` of its model"):
        Asked(llm=Echo(), process_timeout=3.0)

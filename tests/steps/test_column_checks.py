"""Protects that a task is given texts and lists of texts, and says which column holds what."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from distilabel.errors import DistilabelUserError
from distilabel.models import SimulatedLLM
from distilabel.steps.column_checks import as_list, text_in, texts_in, vectors_in
from distilabel.steps.tasks import EvolQuality, Magpie, TextGeneration

TASK = TextGeneration(llm=SimulatedLLM(), name="t", input_mappings={"a": "b"})


def test_texts_and_lists_are_returned() -> None:
    assert text_in(TASK, {"a": "x"}, "a") == "x"
    assert texts_in(TASK, {"a": ("x", None)}, "a") == ["x", None]


@pytest.mark.parametrize(
    ("value", "kind"), [(None, "None"), (["x"], "a list"), (1, "an int"), (b"x", "a bytes")]
)
def test_anything_else_is_named(value: Any, kind: str) -> None:
    with pytest.raises(DistilabelUserError, match=f"t: column 'b' contains {kind}. It must"):
        text_in(TASK, {"a": value}, "a")


def test_what_is_a_list() -> None:
    assert as_list(np.array(["x", "y"])) == ["x", "y"]
    assert [as_list(value) for value in ("x", None, {"x": 1}, 3, np.array([[1]]))] == [None] * 5


@pytest.mark.parametrize("column", ["instruction", "response"])
async def test_evolving_needs_texts(column: str) -> None:
    task = EvolQuality(llm=SimulatedLLM(), num_evolutions=1)
    row = {"instruction": "i", "response": "r", column: ["x"]}

    async def ask(*args: Any, **kwargs: Any) -> Any:
        raise AssertionError("it is paid for")

    with pytest.raises(DistilabelUserError, match=f"column '{column}' contains a list"):
        await task.aprocess(row, ask)
    magpie = Magpie(llm=SimulatedLLM(magpie_pre_query_template="qwen2"))
    with pytest.raises(DistilabelUserError, match="column 'system_prompt' contains a list"):
        await magpie.aprocess({"system_prompt": ["x"]}, ask)


@pytest.mark.parametrize("count", [0, -1])
def test_impossible_numbers_are_refused(count: int) -> None:
    with pytest.raises(ValueError, match="num_evolutions"):
        EvolQuality(llm=SimulatedLLM(), num_evolutions=count)
    with pytest.raises(ValueError, match="n_turns"):
        Magpie(llm=SimulatedLLM(magpie_pre_query_template="qwen2"), n_turns=count)
    with pytest.raises(ValueError, match="input_batch_size"):
        TextGeneration(llm=SimulatedLLM(), input_batch_size=count)


def test_vectors_are_read_into_one_array() -> None:
    rows: list[dict[str, Any]] = [
        {"v": None},
        {"v": [1, 2.5]},
        {"v": np.array([3, 4])},
        {"v": (5.0, 6.0)},
    ]
    positions, vectors = vectors_in(SimpleNamespace(name="s", input_mappings={}), rows, "v")
    assert positions == [1, 2, 3]
    assert vectors.dtype == np.float32
    assert vectors.tolist() == [[1, 2.5], [3, 4], [5, 6]]


@pytest.mark.parametrize("value", [[], ["a"], [[1]], [[1], [1, 2]], [True], [None], "ab", 1, [1]])
def test_what_is_no_vector_is_refused(value: object) -> None:
    rows: list[dict[str, Any]] = [{"v": [1.0, 2.0]}, {"v": value}]
    task = SimpleNamespace(name="s", input_mappings={})
    with pytest.raises(DistilabelUserError, match="s: column 'v' contains"):
        vectors_in(task, rows, "v")

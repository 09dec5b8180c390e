"""Rows of a task draw the same in every run, whichever of them is faster."""

from __future__ import annotations

import asyncio
import random
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from pydantic import Field, PrivateAttr

from distilabel._core.row_context import current_row
from distilabel._engine.calling.row_random import RowRandom
from distilabel.pipeline import Pipeline
from rooms import Ask, Echo, Numbers, rows_of

SHARED = random.Random(3)


class Slow(Echo):
    """Answers in an order of its own, and some questions not at all."""

    delays: Any = Field(default=None, exclude=True)
    broken: bool = Field(default=False, exclude=True)

    async def agenerate(self, input: Any, num_generations: int = 1) -> Any:  # type: ignore[override]
        text = input[-1]["content"]
        for _ in range(self.delays.randrange(5)):
            await asyncio.sleep(0)
        if self.broken and text.endswith("/7"):
            raise ValueError("no")
        return await super().agenerate(input, num_generations)


class Drawing(Ask):
    _rng: Any = PrivateAttr(default=None)
    _numpy: Any = PrivateAttr(default=None)
    _inside: Any = PrivateAttr(default=None)

    def load(self) -> None:
        super().load()
        self._rng = random.Random(42)
        self._numpy = np.random.default_rng(42)
        self._inside = {"rng": random.Random(43)}

    async def aprocess(self, row: Any, ask: Any) -> Any:
        drawn = [self._rng.choice("abcdefgh"), self._rng.gauss(), SHARED.randrange(9)]
        await ask([{"role": "user", "content": f"one {drawn} /{row['n']}"}])
        drawn += [int(self._numpy.integers(99)), self._inside["rng"].sample(range(9), 2)]
        output = await ask([{"role": "user", "content": f"two {drawn} /{row['n']}"}])
        return [{**row, "answer": output["generations"][0], "model_name": "echo"}]


def run(folder: Path, model: Slow, count: int = 30) -> list[Any]:
    model.asked.clear()
    with Pipeline(name="p", cache_dir=folder) as pipeline:
        Numbers(count=count) >> Drawing(llm=model)
    return rows_of(pipeline.run())


def test_a_rerun_asks_for_the_rows_that_failed(tmp_path: Path) -> None:
    model = Slow(broken=True, delays=random.Random(1))
    first = run(tmp_path, model)
    failed = [row["n"] for row in first if row["answer"] is None]
    assert failed == [7]
    model.broken, model.delays = False, random.Random(2)
    again = run(tmp_path, model)
    assert [text.rpartition("/")[2] for text in model.asked] == ["7", "7"]
    assert [row["answer"] for row in again if row["n"] != 7] == [
        row["answer"] for row in first if row["n"] != 7
    ]


def test_more_rows_leave_the_others_as_they_were(tmp_path: Path) -> None:
    model = Slow(delays=random.Random(1))
    first = run(tmp_path, model, count=10)
    more = run(tmp_path, model, count=15)
    assert len(model.asked) == 10
    assert more[:10] == first


def test_rows_draw_differently(tmp_path: Path) -> None:
    made = run(tmp_path, Slow(delays=random.Random(1)))
    assert len({row["answer"].rpartition(" /")[0] for row in made}) == 30


@pytest.fixture
def task() -> Drawing:
    task = Drawing(llm=Echo())
    task.load()
    return task


def draw(rows: RowRandom, key: tuple[int, ...], task: Drawing) -> Any:
    before, token = current_row.set(key), rows.begin_row()
    try:
        return [task._rng.random(), task._rng.getrandbits(9), float(task._numpy.random())]
    finally:
        rows.end_row(token)
        current_row.reset(before)


def test_the_generators_are_as_before_outside_of_rows_and_afterwards(task: Drawing) -> None:
    one, array = task._rng, task._numpy
    expected = random.Random(42)
    rows = RowRandom(task)
    assert draw(rows, (1,), task) == draw(rows, (1,), task) != draw(rows, (2,), task)
    assert task._rng.random() == expected.random()
    assert isinstance(task._numpy, np.random.Generator)
    rows.close()
    assert task._rng is one
    assert type(one) is random.Random
    assert task._rng.getstate() == expected.getstate()
    assert task._numpy is array


def test_another_seed_draws_otherwise(task: Drawing) -> None:
    rows = RowRandom(task)
    first = draw(rows, (1,), task)
    rows.close()
    task._rng, task._numpy = random.Random(1), np.random.default_rng(1)
    rows = RowRandom(task)
    assert draw(rows, (1,), task) != first
    rows.close()


def test_a_task_that_draws_nothing_costs_nothing() -> None:
    assert not RowRandom(Ask(llm=Echo()))


def test_the_second_number_of_a_pair_is_not_drawn_by_another_row(task: Drawing) -> None:
    """`gauss` makes two numbers at a time and keeps one for the next call."""

    def drawn(key: tuple[int, ...]) -> float:
        before, token = current_row.set(key), rows.begin_row()
        try:
            return float(task._rng.gauss())
        finally:
            rows.end_row(token)
            current_row.reset(before)

    rows = RowRandom(task)
    one, two = drawn((1,)), drawn((2,))
    assert [drawn((2,)), drawn((1,))] == [two, one]
    rows.close()


def test_a_row_that_seeds_the_generator_changes_no_other_row(task: Drawing) -> None:
    def drawn(key: tuple[int, ...], seed: int) -> list[float]:
        before, token = current_row.set(key), rows.begin_row()
        try:
            task._rng.seed(seed)
            return [task._rng.random(), task._rng.random()]
        finally:
            rows.end_row(token)
            current_row.reset(before)

    rows = RowRandom(task)
    undisturbed = draw(rows, (2,), task)
    seeded = random.Random(7)
    assert drawn((1,), 7) == [seeded.random(), seeded.random()]
    assert draw(rows, (2,), task) == undisturbed
    assert task._rng.random() == random.Random(42).random()
    rows.close()

"""Nothing vanishes: in any graph every row is accounted for, and the rows are the right ones."""

from __future__ import annotations

import random
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from distilabel.pipeline import Pipeline
from rooms import Ask, Echo, Fn, FnGlobal, Join, Numbers, rows_of

Rows = list[dict[str, Any]]


def drops(name: str, k: int) -> Callable[[Rows], Rows]:
    return lambda rows: [row for row in rows if row["n"] % k != 1]


def multiplies(name: str, k: int) -> Callable[[Rows], Rows]:
    return lambda rows: [{**row, name: i} for row in rows for i in range(1 + row["n"] % k)]


def marks(name: str, k: int) -> Callable[[Rows], Rows]:
    return lambda rows: [{**row, name: k} for row in rows]


def in_place(name: str, k: int) -> Callable[[Rows], Rows]:
    def function(rows: Rows) -> Rows:
        for row in rows:
            row[name] = [row["n"] * k]
        return rows

    return function


KINDS: list[Any] = [drops, multiplies, marks, in_place]


def plain(row: dict[str, Any]) -> dict[str, Any]:
    hidden = ("distilabel_metadata", "model_name")
    return {k: v for k, v in row.items() if k not in hidden and v is not None}


@pytest.mark.parametrize("seed", range(25))
def test_a_chain_gives_what_plain_python_gives(seed: int, tmp_path: Path) -> None:
    rng = random.Random(seed)
    count = rng.randrange(1, 400)
    expected: Rows = [{"n": n, "text": str(n)} for n in range(count)]
    with Pipeline(name="p", cache_dir=tmp_path) as pipeline:
        step: Any = Numbers(count=count, batch_size=rng.randrange(1, 60))
        for i in range(rng.randrange(1, 6)):
            kind = rng.choice([*KINDS, "ask", "whole"])
            if kind == "ask":
                task = Ask(name=f"s{i}", llm=Echo(), output_mappings={"answer": f"a{i}"})
                expected = [{**row, f"a{i}": f"{row['text']}/0"} for row in expected]
                step = step >> task
            elif kind == "whole":
                step = step >> FnGlobal(name=f"s{i}", function=lambda rows: rows[::-1])
                expected = expected[::-1]
            else:
                size, k = rng.randrange(1, 80), rng.randrange(2, 5)
                function = kind(f"c{i}", k)
                step = step >> Fn(name=f"s{i}", function=function, input_batch_size=size)
                # Each row for itself: batches do not matter.
                copies = [dict(row) for row in expected]
                expected = [made for row in copies for made in function([row])]
    distiset = pipeline.run()
    assert distiset.report.balanced
    rows = [plain(row) for row in rows_of(distiset)] if distiset else []
    assert rows == expected


@pytest.mark.parametrize("seed", range(15))
def test_branches_join_as_in_plain_python(seed: int, tmp_path: Path) -> None:
    rng = random.Random(seed)
    count = rng.randrange(1, 300)
    ways: list[set[int]] = []
    with Pipeline(name="p", cache_dir=tmp_path) as pipeline:
        load = Numbers(count=count, batch_size=rng.randrange(1, 60))
        ends = []
        for b in range(rng.choice([2, 3])):
            step: Any = load
            kept = set(range(count))
            for i in range(rng.randrange(1, 4)):
                k, name, size = rng.randrange(2, 6), f"b{b}s{i}", rng.randrange(1, 70)
                kind = rng.choice(["drop", "turn", "ask", "whole"])
                if kind == "drop":
                    kept = {n for n in kept if n % k != 1}
                    made: Any = Fn(name=name, function=drops(name, k), input_batch_size=size)
                elif kind == "turn":
                    made = Fn(name=name, function=lambda rows: rows[::-1], input_batch_size=size)
                elif kind == "ask":
                    made = Ask(name=name, llm=Echo(), output_mappings={"answer": name})
                else:
                    made = FnGlobal(name=name, function=lambda rows: rows[::-1])
                step = step >> made
            ends.append(step)
            ways.append(kept)
        join = Join(name="join", input_batch_size=rng.randrange(1, 70))
        for end in ends:
            end.connect(join)
        join >> Fn(name="last")
    distiset = pipeline.run()
    assert distiset.report.balanced
    rows = rows_of(distiset) if distiset else []
    assert [row["n"] for row in rows] == sorted(set.intersection(*ways))
    for row in rows:
        assert all(row[c] == f"{row['n']}/0" for c in row if c.startswith("b"))


@pytest.mark.parametrize("seed", range(15))
def test_failures_are_counted_and_lose_nothing(seed: int, tmp_path: Path) -> None:
    rng = random.Random(seed)
    count = rng.randrange(1, 200)
    fails = [str(n) for n in range(count) if rng.random() < 0.2]
    broken = {n for n in range(count) if rng.random() < 0.1}

    def breaks(rows: Rows) -> Rows:
        if broken & {row["n"] for row in rows}:
            raise ValueError("broken")
        return rows

    with Pipeline(name="p", cache_dir=tmp_path) as pipeline:
        load = Numbers(count=count, batch_size=rng.randrange(1, 60))
        ask = Ask(name="ask", llm=Echo(fails_on=fails))
        step = Fn(name="step", function=breaks, input_batch_size=rng.randrange(1, 9))
        load >> ask >> step >> Ask(name="again", llm=Echo(), input_mappings={"text": "answer"})
    distiset = pipeline.run()
    assert distiset.report.balanced
    assert [row["n"] for row in rows_of(distiset)] == list(range(count))
    steps = distiset.report.steps
    assert steps["ask"].failed == len(fails)
    assert steps["again"].skipped == len(fails)
    assert steps["step"].failed >= len(broken)
    told = [failure["step"] for failure in distiset.failures]
    assert told.count("ask") == len(fails)
    assert told.count("again") == 0

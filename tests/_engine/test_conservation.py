"""Nothing vanishes: in any graph every row is accounted for, and the rows are the right ones."""

from __future__ import annotations

import random
import re
from collections.abc import Callable
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
from pydantic import Field

from distilabel.errors import RowError
from distilabel.pipeline import Pipeline, routing_batch_function
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


@pytest.mark.parametrize("seed", range(10))
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


@pytest.mark.parametrize("seed", range(8))
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


@pytest.mark.parametrize("seed", range(4))
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


class Odd(Ask):
    """Cannot read the answers to some questions."""

    unread: list[str] = Field(default_factory=list, exclude=True)

    def format_output(self, output: str | None, input: Any = None) -> dict[str, Any]:
        if output is not None and output.partition("/")[0] in self.unread:
            raise ValueError("unreadable")
        return {"answer": output}


def raises(broken: set[int]) -> Callable[[Rows], Rows]:
    def function(rows: Rows) -> Rows:
        if broken & {row["n"] for row in rows}:
            raise ValueError("broken")
        return rows

    return function


class Plan:
    """Random steps with random failures, and what plain Python says becomes of the rows.

    Args:
        rng: of all chance.
        count: rows of the source.
        mode: `on_error` of the pipeline.
    """

    def __init__(self, rng: random.Random, count: int, mode: str) -> None:
        self._rng = rng
        self._numbers = range(count)
        self._mode = mode

    def some(self) -> set[int]:
        return {n for n in self._numbers if self._rng.random() < 0.15}

    def step(self, name: str, column: str, answered: dict[int, bool]) -> tuple[Any, str]:
        """One more step.

        Args:
            name: of it.
            column: with the last answer.
            answered: rows that are left → whether that column holds something; changed.

        Returns:
            The step, and the column with the last answer after it.
        """
        kind = self._rng.choice(["drop", "fail", "unread", "raise", "whole"])
        chosen = self._rng.choice([None, "null", "drop"])
        mode = chosen or self._mode
        fields: dict[str, Any] = {"name": name, "on_error": chosen}
        gone: set[int] = set()
        step: Any
        if kind == "drop":
            gone = {n for n in answered if n % 5 == 1}
            step = Fn(**fields, function=drops(name, 5), input_batch_size=self._rng.randrange(1, 9))
        elif kind == "raise":
            bad = self.some()
            gone = bad if mode == "drop" else set()
            # A batch fails as a whole: here it is of one row.
            step = Fn(**fields, function=raises(bad), input_batch_size=1)
        elif kind == "whole":
            bad = self.some()
            # What the pipeline says of single rows is not said of all of them.
            bad = bad if chosen else set()
            if bad & answered.keys() and mode == "drop":
                gone = set(answered)
            step = FnGlobal(**fields, function=raises(bad))
        else:
            bad = self.some()
            fails = {n for n, has in answered.items() if not has or n in bad}
            gone = fails if mode == "drop" else set()
            answered.update((n, n not in fails) for n in list(answered))
            # Each answer says the question again and adds to it.
            texts = [f"{n}{'/0' * turn}" for n in bad for turn in range(9)]
            mappings: dict[str, Any] = {
                "input_mappings": {"text": column},
                "output_mappings": {"answer": name},
            }
            if kind == "fail":
                llm = Echo(identity=name, fails_on=texts)
                step = Ask(**fields, **mappings, llm=llm)
            else:
                unread = [str(n) for n in bad]
                llm = Echo(identity=name)
                step = Odd(**fields, **mappings, llm=llm, unread=unread, parse_retries=0)
            column = name
        for n in gone & answered.keys():
            del answered[n]
        return step, column


@pytest.mark.parametrize("seed", range(10))
def test_every_row_is_accounted_for_whatever_fails(seed: int, tmp_path: Path) -> None:
    rng = random.Random(seed)
    count = rng.randrange(1, 120)
    mode: Any = rng.choice(["null", "drop"])
    plan = Plan(rng, count, mode)
    answered = dict.fromkeys(range(count), True)
    column = "text"
    with Pipeline(name="p", cache_dir=tmp_path, on_error=mode) as pipeline:
        step: Any = Numbers(count=count, batch_size=rng.randrange(1, 40))
        for i in range(rng.randrange(2, 7)):
            following, column = plan.step(f"s{i}", column, answered)
            step = step >> following
    distiset = pipeline.run()
    assert distiset.report.balanced
    rows = rows_of(distiset) if distiset else []
    assert [(row["n"], row.get(column) is not None) for row in rows] == list(answered.items())
    steps = list(distiset.report.steps.values())
    assert all(a.given + a.failed - a.ended == b.taken for a, b in pairwise(steps))
    last = steps[-1]
    assert last.given + last.failed - last.ended == len(rows)
    # Each failure is told once, and no row that was only passed on is one.
    failed = sum(step.failed - step.skipped for step in steps)
    assert len(distiset.failures) == distiset.report.failures == failed
    assert len({(f["step"], f["key"]) for f in distiset.failures}) == failed


@pytest.mark.parametrize("seed", range(7))
def test_branches_that_fail_join_what_is_left_of_both(seed: int, tmp_path: Path) -> None:
    rng = random.Random(seed)
    count = rng.randrange(1, 120)
    mode: Any = rng.choice(["null", "drop"])
    plan = Plan(rng, count, mode)
    ways = []
    with Pipeline(name="p", cache_dir=tmp_path, on_error=mode) as pipeline:
        load = Numbers(count=count, batch_size=rng.randrange(1, 40))
        ends: list[Any] = []
        for b in range(rng.choice([2, 3])):
            step: Any = load
            column = "text"
            answered = dict.fromkeys(range(count), True)
            for i in range(rng.randrange(1, 4)):
                following, column = plan.step(f"b{b}s{i}", column, answered)
                step = step >> following
            ends.append(step)
            ways.append((column, answered))
        join = Join(name="join", input_batch_size=rng.randrange(1, 40))
        for end in ends:
            end.connect(join)
        join >> Fn(name="last")
    distiset = pipeline.run()
    assert distiset.report.balanced
    rows = rows_of(distiset) if distiset else []
    left = sorted(set.intersection(*(set(answered) for _, answered in ways)))
    assert [row["n"] for row in rows] == left
    for column, answered in ways:
        assert [row.get(column) is not None for row in rows] == [answered[n] for n in left]


@pytest.mark.parametrize("seed", range(4))
def test_routed_rows_that_fail_are_accounted_for(seed: int, tmp_path: Path) -> None:
    rng = random.Random(seed)
    count = rng.randrange(1, 120)
    mode: Any = rng.choice(["null", "drop"])
    size = rng.randrange(1, 9)
    broken = {n for n in range(count) if rng.random() < 0.1}

    @routing_batch_function()
    def one(steps: list[str]) -> list[str]:
        return [rng.choice(steps)]

    def batch_of(n: int) -> range:
        return range(n - n % size, min(count, n - n % size + size))

    with Pipeline(name="p", cache_dir=tmp_path, on_error=mode) as pipeline:
        load = Numbers(count=count, batch_size=size)
        ways = [Fn(name=f"w{i}", function=raises(broken), input_batch_size=size) for i in range(3)]
        load >> one >> ways >> Join(name="join", input_batch_size=size)
    distiset = pipeline.run()
    assert distiset.report.balanced
    failed = {n for b in broken for n in batch_of(b)}
    left = [n for n in range(count) if mode == "null" or n not in failed]
    assert ([row["n"] for row in rows_of(distiset)] if distiset else []) == left
    assert sorted(f["key"] for f in distiset.failures) == [(n,) for n in sorted(failed)]
    steps = distiset.report.steps
    assert sum(steps[f"w{i}"].taken for i in range(3)) == count
    assert steps["join"].taken == len(left)


@pytest.mark.parametrize("seed", range(3))
def test_where_failing_ends_the_run_it_does_so_at_a_row_that_failed(
    seed: int, tmp_path: Path
) -> None:
    rng = random.Random(seed)
    count = rng.randrange(20, 120)
    bad = {n for n in range(count) if rng.random() < 0.1} | {3}
    with Pipeline(name="p", cache_dir=tmp_path, on_error="raise") as pipeline:
        load = Numbers(count=count, batch_size=rng.randrange(1, 40))
        fine = Ask(name="fine", llm=Echo(), output_mappings={"answer": "fine"})
        kind, texts = rng.randrange(3), [str(n) for n in bad]
        failing: Any
        if kind == 0:
            failing = Fn(name="bad", function=raises(bad), input_batch_size=1)
        elif kind == 1:
            failing = Ask(name="bad", llm=Echo(identity="bad", fails_on=texts))
        else:
            failing = Odd(name="bad", llm=Echo(), unread=texts)
    load >> fine >> failing
    with pytest.raises(RowError, match=r"'bad' failed on row (\d+)") as caught:
        pipeline.run()
    found = re.search(r"row (\d+)", str(caught.value))
    assert found is not None
    assert int(found[1]) in bad

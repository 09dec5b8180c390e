"""Routed rows go where the function says, the same way on a rerun, and nowhere silently."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from distilabel.pipeline import Pipeline, routing_batch_function, sample_n_steps
from rooms import Ask, Echo, Fn, FnGlobal, Join, Numbers, rows_of


def mark(name: str) -> Fn:
    return Fn(name=name, function=lambda rows: [{**r, "by": name} for r in rows])


def routed(route: Any, folder: Path, deep: bool = False) -> Any:
    with Pipeline(name="p", cache_dir=folder) as pipeline:
        load = Numbers(count=40, batch_size=4)
        a, b, join = mark("a"), mark("b"), Join(name="join", input_batch_size=4)
        for step in (a, b):
            step.input_batch_size = 4
        load >> route >> [a, b]
        if deep:
            [a >> Fn(name="a2", input_batch_size=4), b >> Fn(name="b2", input_batch_size=4)] >> join
        else:
            [a, b] >> join
    return pipeline.run()


def alternating() -> Any:
    turn = [0]

    @routing_batch_function()
    def route(steps: list[str]) -> list[str]:
        turn[0] += 1
        return [steps[turn[0] % 2]]

    return route


@pytest.mark.parametrize("deep", [False, True])
def test_rows_come_together_again_in_order(deep: bool, tmp_path: Path) -> None:
    distiset = routed(alternating(), tmp_path, deep)
    rows = rows_of(distiset)
    assert [row["n"] for row in rows] == list(range(40))
    assert [row["by"] for row in rows[:12]] == ["b"] * 4 + ["a"] * 4 + ["b"] * 4
    assert distiset.report.balanced


def test_a_rerun_sends_the_same_rows_the_same_way(tmp_path: Path) -> None:
    first = rows_of(routed(sample_n_steps(1), tmp_path))
    assert rows_of(routed(sample_n_steps(1), tmp_path)) == first


def test_a_run_without_the_cache_chooses_anew(tmp_path: Path) -> None:
    def to(name: str) -> Any:
        return routing_batch_function()(lambda steps: [name])

    def marks(name: str, use_cache: bool) -> set[str]:
        with Pipeline(name="p", cache_dir=tmp_path) as pipeline:
            Numbers(count=4) >> to(name) >> [mark("a"), mark("b")]
        made = pipeline.run(use_cache=use_cache)
        return {row["by"] for leaf in made.values() for row in leaf["train"]}

    assert [marks("a", True), marks("b", True), marks("b", False)] == [{"a"}, {"a"}, {"b"}]


def test_routing_further_up_does_not_let_half_a_row_through_a_join(tmp_path: Path) -> None:
    with Pipeline(name="p", cache_dir=tmp_path) as pipeline:
        a, b = mark("a"), mark("b")
        Numbers(count=6) >> sample_n_steps(2) >> [a, b]
        some = Fn(name="some", function=lambda rows: [r for r in rows if r["n"] % 2])
        a >> [some, Fn(name="all")] >> Join(name="join")
    distiset = pipeline.run()
    assert [row["n"] for row in distiset["join"]["train"]] == [1, 3, 5]


def test_rows_sent_to_both_meet(tmp_path: Path) -> None:
    rows = rows_of(routed(sample_n_steps(2), tmp_path))
    assert [row["n"] for row in rows] == list(range(40))


def test_a_name_that_does_not_follow_is_an_error_with_the_names_that_do(tmp_path: Path) -> None:
    @routing_batch_function()
    def route(steps: list[str]) -> list[str]:
        return ["c"]

    with pytest.raises(ValueError, match=r"numbers_0.*'c'.*a, b"):
        routed(route, tmp_path)


def test_one_unknown_name_beside_a_known_one_is_an_error_too(tmp_path: Path) -> None:
    @routing_batch_function()
    def route(steps: list[str]) -> list[str]:
        return ["a", "c"]

    with pytest.raises(ValueError, match=r"numbers_0.*'c'.*a, b"):
        routed(route, tmp_path)


def test_a_function_that_fails_is_named(tmp_path: Path) -> None:
    @routing_batch_function()
    def route(steps: list[str]) -> list[str]:
        return [steps[7]]

    with pytest.raises(RuntimeError, match=r"routing function after the step 'numbers_0'.*IndexE"):
        routed(route, tmp_path)


def test_rows_sent_to_nobody_are_counted_as_dropped(tmp_path: Path) -> None:
    turn = [0]

    @routing_batch_function()
    def route(steps: list[str]) -> list[str]:
        turn[0] += 1
        return steps if turn[0] % 2 else []

    distiset = routed(route, tmp_path)
    assert len(rows_of(distiset)) == 20
    assert distiset.report.steps["numbers_0"].dropped == 20
    assert distiset.report.balanced


@pytest.mark.parametrize("on_error", ["null", "drop"])
@pytest.mark.parametrize("of_all_rows", [False, True])
def test_no_count_is_negative_where_rows_and_failures_are_routed_nowhere(
    of_all_rows: bool, on_error: Any, tmp_path: Path
) -> None:
    @routing_batch_function()
    def route(steps: list[str]) -> list[str]:
        return []

    with Pipeline(name="p", cache_dir=tmp_path) as pipeline:
        step: Any = (
            FnGlobal(name="s")
            if of_all_rows
            else Ask(name="s", llm=Echo(fails_on=["1"]), on_error=on_error)
        )
        Numbers(count=4) >> step >> route >> [Fn(name=name) for name in "ab"]
    report = pipeline.run().report
    counts = report.steps["s"]
    failed = 0 if of_all_rows else 1
    assert (counts.given, counts.dropped) == (0, 4 - failed)
    assert (counts.failed, counts.ended) == (failed, failed)
    assert counts.passed_on == 0
    assert report.balanced


def test_tasks_may_be_routed_between(tmp_path: Path) -> None:
    llm = Echo()
    with Pipeline(name="p", cache_dir=tmp_path) as pipeline:
        tasks: Any = [Ask(name=name, llm=llm, input_batch_size=4) for name in "ab"]
        Numbers(count=16, batch_size=4) >> alternating() >> tasks >> Join(input_batch_size=4)
    distiset = pipeline.run()
    assert [row["answer"] for row in rows_of(distiset)] == [f"{n}/0" for n in range(16)]
    assert len(llm.asked) == 16
    assert distiset.report.balanced

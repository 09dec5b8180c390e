"""Protects the graph of steps: which edges are allowed, and what it answers about paths."""

from __future__ import annotations

import random

import pytest

from distilabel._core.dag import Dag


def diamond() -> Dag:
    dag = Dag()
    for name in "abcd":
        dag.add_node(name)
    for start, end in ("ab", "ac", "bd", "cd"):
        dag.add_edge(start, end)
    return dag


def test_the_properties_of_a_diamond() -> None:
    dag = diamond()
    assert (dag.roots, dag.leaves, len(dag)) == (["a"], ["d"], 4)
    assert dag.predecessors("d") == ["b", "c"]
    assert dag.successors("a") == ["b", "c"]
    assert set(dag.ancestors("d")) == {"a", "b", "c"}
    assert set(dag.descendants("a")) == {"b", "c", "d"}
    assert "a" in dag
    assert "e" not in dag


def test_a_name_is_used_once() -> None:
    with pytest.raises(ValueError, match="'a' is already taken"):
        diamond().add_node("a")


@pytest.mark.parametrize(
    ("start", "end", "words"),
    [
        ("a", "x", "'x' is not in this pipeline"),
        ("x", "a", "'x' is not in this pipeline"),
        ("a", "b", "already"),
        ("d", "a", "cycle"),
        ("a", "a", "cycle"),
    ],
)
def test_edges_that_are_not_allowed(start: str, end: str, words: str) -> None:
    dag = diamond()
    with pytest.raises(ValueError, match=words):
        dag.add_edge(start, end)
    assert dag.edges == diamond().edges


@pytest.mark.parametrize("seed", range(20))
def test_topological_order_puts_every_node_after_its_predecessors(seed: int) -> None:
    rng = random.Random(seed)
    dag = Dag()
    names = [str(i) for i in range(12)]
    for name in rng.sample(names, len(names)):
        dag.add_node(name)
    for _ in range(25):
        start, end = sorted(rng.sample(names, 2), key=int)
        if end not in dag.successors(start):
            dag.add_edge(start, end)
    order = dag.topological()
    assert sorted(order) == sorted(names)
    assert all(order.index(start) < order.index(end) for start, end in dag.edges)


def test_a_copy_does_not_share_edges_and_orders_predecessors_as_a_loaded_graph_does() -> None:
    dag = Dag()
    for name in "abc":
        dag.add_node(name)
    dag.add_edge("b", "c")
    dag.add_edge("a", "c")
    copy = dag.copy()
    assert (copy.nodes, copy.edges) == (dag.nodes, dag.edges)
    assert copy.predecessors("c") == ["a", "b"]
    copy.add_edge("a", "b")
    assert dag.successors("a") == ["c"]


@pytest.mark.parametrize(
    ("name", "bypassed"), [("a", False), ("b", True), ("c", True), ("d", False)]
)
def test_a_branch_of_a_diamond_is_bypassed_by_the_other(name: str, bypassed: bool) -> None:
    assert diamond().is_bypassed(name) is bypassed


def test_a_second_source_bypasses_a_node() -> None:
    dag = Dag()
    for name in "abcde":
        dag.add_node(name)
    for start, end in ("ab", "bc", "cd", "ed"):
        dag.add_edge(start, end)
    assert dag.is_bypassed("b")
    assert not dag.is_bypassed("d")


@pytest.mark.parametrize(
    ("start", "names", "separated"),
    [
        ("a", ["b", "c"], True),
        ("a", ["d", "e"], False),
        ("a", ["b", "d"], True),
        ("b", ["d", "e"], False),
        ("e", ["b", "c"], False),
    ],
)
def test_successors_separate_the_nodes_that_not_all_of_them_lead_to(
    start: str, names: list[str], separated: bool
) -> None:
    dag = diamond()
    dag.add_node("e")
    dag.add_edge("d", "e")
    assert dag.separates(start, names) is separated


def test_a_node_is_removed_with_its_edges() -> None:
    dag = diamond()
    dag.remove_node("b")
    assert dag.nodes == ["a", "c", "d"]
    assert dag.edges == [("a", "c"), ("c", "d")]
    assert dag.predecessors("d") == ["c"]
    dag.add_node("b")
    assert dag.successors("b") == []

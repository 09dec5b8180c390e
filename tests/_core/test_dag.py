"""Names and edges: what may be connected, and in which order things stand."""

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


def test_what_it_tells_of_a_diamond() -> None:
    dag = diamond()
    assert (dag.roots, dag.leaves, len(dag)) == (["a"], ["d"], 4)
    assert dag.predecessors("d") == ["b", "c"]
    assert dag.successors("a") == ["b", "c"]
    assert set(dag.ancestors("d")) == {"a", "b", "c"}
    assert set(dag.descendants("a")) == {"b", "c", "d"}
    assert "a" in dag
    assert "e" not in dag


def test_a_name_stands_once() -> None:
    with pytest.raises(ValueError, match="'a' already"):
        diamond().add_node("a")


@pytest.mark.parametrize(
    ("start", "end", "words"),
    [
        ("a", "x", "no step called 'x'"),
        ("x", "a", "no step called 'x'"),
        ("a", "b", "already"),
        ("d", "a", "cycle"),
        ("a", "a", "cycle"),
    ],
)
def test_edges_that_cannot_be(start: str, end: str, words: str) -> None:
    dag = diamond()
    with pytest.raises(ValueError, match=words):
        dag.add_edge(start, end)
    assert dag.edges == diamond().edges


@pytest.mark.parametrize("seed", range(20))
def test_every_node_stands_after_those_before_it(seed: int) -> None:
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

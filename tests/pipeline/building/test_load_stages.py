"""Protects load stages: the order is right for any graph, and groups stay together."""

import itertools
import random

import pytest

from distilabel._core.dag import Dag
from distilabel.pipeline.building.load_stages import last_of, load_stages, parse_load_groups


def chain(*names: str) -> Dag:
    dag = Dag()
    for name in names:
        dag.add_node(name)
    for start, end in itertools.pairwise(names):
        dag.add_edge(start, end)
    return dag


def test_a_global_step_is_a_stage_and_parts_the_others() -> None:
    dag = chain("load", "b", "g", "c")
    stages = load_stages(dag, lambda name: name == "g", [])
    assert stages == [["load", "b"], ["g"], ["c"]]
    assert [last_of(dag, stage) for stage in stages] == [["b"], ["g"], ["c"]]


def test_groups_and_what_is_between_them() -> None:
    dag = chain("load", "a", "b", "c", "d")
    stages = load_stages(dag, lambda name: False, [["a", "b"], ["d"]])
    assert stages == [["load"], ["a", "b"], ["c"], ["d"]]
    one_by_one = parse_load_groups("sequential_step_execution", dag)
    assert load_stages(dag, lambda name: False, one_by_one) == [[name] for name in dag.nodes]


def test_the_ends_of_a_stage_are_those_that_give_nothing_to_it() -> None:
    dag = chain("load", "a")
    for name in ("z", "b"):
        dag.add_node(name)
        dag.add_edge("a", name)
    assert last_of(dag, ["load", "a", "z", "b"]) == ["b", "z"]
    assert last_of(dag, ["load", "a"]) == ["a"]


@pytest.mark.parametrize("seed", range(40))
def test_no_step_comes_before_one_it_needs(seed: int) -> None:
    rng = random.Random(seed)
    names = [f"s{i}" for i in range(rng.randrange(3, 9))]
    dag = Dag()
    for name in names:
        dag.add_node(name)
    for j, end in enumerate(names):
        for start in names[:j]:
            if rng.random() < 0.4:
                dag.add_edge(start, end)
    whole = set(rng.sample(names, 1))
    loose = [n for n in names if n not in whole]
    # Neighbours, or branches beside each other; never with something left out between.
    grouped = [[name] for name in loose if rng.random() < 0.4]
    pair = [(a, b) for a, b in dag.edges if a in loose and b in loose]
    if pair:
        a, b = rng.choice(pair)
        # What lies between the two would have to be before and after them.
        between = {n for n in dag.descendants(a) if b in dag.descendants(n)}
        if not between:
            grouped = [[a, b], *[g for g in grouped if a not in g and b not in g]]
    stages = load_stages(dag, whole.__contains__, grouped)
    assert sorted(name for stage in stages for name in stage) == sorted(names)
    stage_of = {name: i for i, stage in enumerate(stages) for name in stage}
    assert all(stage_of[a] <= stage_of[b] for a, b in dag.edges)
    for group in grouped:
        assert len({stage_of[name] for name in group}) == 1
        assert set(stages[stage_of[group[0]]]) == set(group)
    for name in whole:
        assert stages[stage_of[name]] == [name]

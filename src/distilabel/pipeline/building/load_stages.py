"""Load stages: which steps are loaded together, and which stage comes after which.

Pure functions on names; what a stage does is the engine's.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from distilabel._core.dag import Dag


def parse_load_groups(load_groups: Any, dag: Dag) -> list[list[str]]:
    """What a user gave as `load_groups`, as lists of names.

    Args:
        load_groups: lists of steps or their names, or `"sequential_step_execution"`, or None.
        dag: the steps.
    """
    if load_groups is None:
        return []
    if load_groups == "sequential_step_execution":
        return [[name] for name in dag.nodes]
    return [[str(getattr(member, "name", member)) for member in group] for group in load_groups]


def load_stages(
    dag: Dag, is_global: Callable[[str], bool], groups: list[list[str]]
) -> list[list[str]]:
    """The stages, in the order in which they are loaded.

    A group is a stage, a global step is one by itself, and the steps that come between make up
    others. No step is in a stage before one that it gets rows from.

    Args:
        dag: the steps.
        is_global: whether a step needs all rows at once.
        groups: steps to be loaded together.

    Returns:
        Names, each once, in topological order.
    """
    order = dag.topological()
    group_of = {name: group for group in groups for name in group}
    stages: list[list[str]] = []
    placed: set[str] = set()
    between: list[str] = []

    def close(stage: list[str]) -> None:
        nonlocal between
        stages.extend(each for each in (between, stage) if each)
        between = []

    def place(name: str) -> None:
        if name in placed:
            return
        stage = [n for n in order if n in group_of.get(name, [name])]
        placed.update(stage)
        # What a member of the group needs comes before all of it.
        for member in stage:
            for before in dag.predecessors(member):
                place(before)
        if name in group_of or is_global(name):
            close(stage)
        else:
            between.append(name)

    for name in order:
        place(name)
    close([])
    return stages


def last_of(dag: Dag, stage: list[str]) -> list[str]:
    """The steps of a stage that give no rows to others of it, sorted."""
    return sorted(name for name in stage if not set(dag.successors(name)) & set(stage))

"""Load stages: which steps load together, and in which order. Pure functions on names."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from distilabel._core.dag import Dag


def parse_load_groups(load_groups: Any, dag: Dag) -> list[list[str]]:
    """Converts the `load_groups` of a user to lists of step names.

    Args:
        load_groups: Lists of steps or step names, `"sequential_step_execution"`, or None.
        dag: Graph of the steps.
    """
    if load_groups is None:
        return []
    if load_groups == "sequential_step_execution":
        return [[name] for name in dag.nodes]
    return [[str(getattr(member, "name", member)) for member in group] for group in load_groups]


def load_stages(
    dag: Dag, is_global: Callable[[str], bool], groups: list[list[str]]
) -> list[list[str]]:
    """Divides steps into stages, in the order in which the stages load.

    Each group is a stage, each global step is a stage of its own, and the steps between them form
    further stages. No step is in an earlier stage than a step it receives rows from.

    Args:
        dag: Graph of the steps.
        is_global: Whether a step needs all rows at once.
        groups: Names of the steps to load together.

    Returns:
        Names of the steps of each stage, in topological order; each name once.
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
        # The predecessors of any member come before the whole group.
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
    """Returns the steps of a stage that have no successor in it, sorted."""
    return sorted(name for name in stage if not set(dag.successors(name)) & set(stage))

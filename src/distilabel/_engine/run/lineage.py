"""Finds out which steps may have made the columns of a leaf step's rows, from the graph alone."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from distilabel._core.dag import Dag
from distilabel._engine.storage.provenance_column import (
    SIGNATURE_DIGITS,
    ProvenanceColumn,
    StepOrigin,
)
from distilabel.steps.base import _Step
from distilabel.steps.columns.keep import KeepColumns


def provenance_column(dag: Dag, steps: Mapping[str, _Step], leaf: str) -> ProvenanceColumn:
    """Returns what makes the provenance of the rows of a leaf step.

    Args:
        dag: The steps' names and connections.
        steps: The steps by name, in topological order.
        leaf: Name of the leaf step.
    """
    origins = {name: _origin(steps[name]) for name in _upstream(dag, steps, leaf)}
    return ProvenanceColumn(makers_of(dag, steps, leaf), origins)


def makers_of(dag: Dag, steps: Mapping[str, _Step], leaf: str) -> dict[str, list[str]]:
    """Returns column → the steps that may have made it in the rows of a leaf step.

    There are several where steps in parallel branches write the same column.

    Args:
        dag: The steps' names and connections.
        steps: The steps by name, in topological order.
        leaf: Name of the leaf step.
    """
    declared: dict[str, list[str]] = {}
    for name in _upstream(dag, steps, leaf):
        for column in _outputs(steps[name]):
            # A later step replaces the values of those before it.
            before = [n for n in declared.get(column, []) if name not in dag.descendants(n)]
            declared[column] = [*before, name]
    return declared


def _upstream(dag: Dag, steps: Mapping[str, _Step], leaf: str) -> list[str]:
    return [name for name in steps if name == leaf or leaf in dag.descendants(name)]


def _outputs(step: _Step) -> Iterable[str]:
    if isinstance(step, KeepColumns):  # declares the columns that it passes on
        return ()
    try:
        return step._known_outputs()
    except Exception:  # noqa: BLE001 (a property of a user's step may raise anything)
        return ()


def _origin(step: _Step) -> StepOrigin:
    names = ", ".join(dict.fromkeys(model.model_name for model in step._all_models()))
    return StepOrigin(step.signature[:SIGNATURE_DIGITS], names or None)

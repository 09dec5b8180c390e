"""What a step remembers: its attributes, and the variables outside of it that its code reads."""

from __future__ import annotations

import functools
from collections.abc import Collection
from types import FunctionType
from typing import Final

from distilabel._engine.calling.snapshot import MOST_COMPARED, Snapshot
from distilabel._engine.calling.used_variables import Code, Variable, is_of_user
from distilabel.steps.base import _Step

# Attributes that change how a step is run, not what it makes from a row.
NOT_STATE: Final = frozenset(
    {
        "exclude_from_signature",
        "input_batch_size",
        "load_timeout",
        "name",
        "on_error",
        "pipeline",
        "process_timeout",
        "resources",
        "use_cache",
        "_artifacts_path",
        "_logger",
    }
)


def watch(step: _Step) -> Snapshot:
    """Returns a snapshot of all that a step remembers, to tell whether running it changes that.

    It is incomplete if that is too much to look at after every batch.
    """
    snapshot = Snapshot(MOST_COMPARED)
    add_attributes(snapshot, step, NOT_STATE)
    for variable in variables_of(step, snapshot):
        add_variable(snapshot, variable)
    return snapshot


def add_attributes(snapshot: Snapshot, step: _Step, skip: Collection[str]) -> None:
    """Adds the attributes of a step; of distilabel's own fields only what they are bound to."""
    snapshot.add_attributes(step, skip, _own_names(type(step)))


def add_state_as_written(snapshot: Snapshot, step: _Step) -> None:
    """Adds the attributes of a step that a run may change and that the next one begins with."""
    private = {name for name in _own_names(type(step)) if name.startswith("_")}
    add_attributes(snapshot, step, {"pipeline", *private})


def is_user_code(step: _Step) -> bool:
    """Whether code of the user's runs in a step."""
    return any(is_of_user(cls.__module__) for cls in type(step).__mro__) or bool(_functions(step))


@functools.cache
def _own_names(cls: type) -> frozenset[str]:
    """Returns the attributes that classes of distilabel declare, or compute once and keep."""
    return frozenset(
        name
        for base in cls.__mro__
        if base.__module__.partition(".")[0] == "distilabel"
        for name in (*vars(base).get("__annotations__", ()), *vars(base))
    )


def add_variable(snapshot: Snapshot, variable: Variable) -> None:
    """Adds a variable and what it refers to."""
    if variable.is_rebound:
        snapshot.add_contents(variable.binding)
    snapshot.add(variable.value)


def variables_of(step: _Step, snapshot: Snapshot | None = None) -> list[Variable]:
    """Returns the variables outside of a step that its code reads.

    Args:
        step: The step.
        snapshot: Its attributes; None looks only at functions that are attributes themselves.
    """
    if not is_user_code(step):
        return []
    functions = _functions(step) if snapshot is None else snapshot.functions
    return Code(type(step), functions).variables()


def _functions(step: _Step) -> list[FunctionType]:
    values = [*vars(step).values(), *(step.__pydantic_private__ or {}).values()]
    return [v for v in values if isinstance(v, FunctionType) and is_of_user(v.__module__)]

"""Lets every run of a step begin with the state in which the step was written.

A run may leave something behind in a step: a set of what it has seen, a counter, an iterator that
has ended. It stays there after the run, where it can be read, and is undone when the next run
begins. What a user changes between two runs is kept.
"""

from __future__ import annotations

import logging
import threading
import weakref
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any, Final

from distilabel._engine.calling.snapshot import MOST_RESTORED, Snapshot
from distilabel._engine.calling.state_of_step import (
    add_state_as_written,
    add_variable,
    is_user_code,
    variables_of,
)
from distilabel._engine.calling.used_variables import Variable
from distilabel.steps.base import _Step

_log = logging.getLogger("distilabel.pipeline")


@dataclass
class _Recorded:
    """The state at the start of a run, and what it was at the end.

    Attributes:
        snapshot: State at the start.
        marks: Contents at the end; None while a run goes on.
        runs: Number of runs that go on.
    """

    snapshot: Snapshot
    marks: list[Any] | None = None
    runs: int = 1


_lock: Final = threading.RLock()
# By `id`: steps are not hashable.
_steps: Final[dict[int, _Recorded]] = {}
_variables: Final[dict[tuple[int, str], _Recorded]] = {}
# What is recorded keeps closures and classes alive: a program may make new ones for every run.
_MOST_VARIABLES: Final = 1_000


@dataclass
class _Run:
    """The state of the steps of one run.

    Attributes:
        steps: Ids of the steps.
        variables: Variables that their code reads.
    """

    steps: list[int] = field(default_factory=list)
    variables: dict[tuple[int, str], Variable] = field(default_factory=dict)


def restore(steps: Iterable[_Step]) -> None:
    """Undoes what earlier runs have left in steps, and in the variables that they read.

    Args:
        steps: Steps of a run that is about to begin.
    """
    with _lock:
        for step in steps:
            recorded = _steps.pop(id(step), None)
            if recorded is not None and recorded.marks is not None:
                lost = recorded.snapshot.restore(recorded.marks)
                if lost:
                    _log.warning(
                        "%s: this run begins with what the last one left in its attributes of the "
                        "type %s, which cannot be restored. Create them in `load()`.",
                        step.name,
                        ", ".join(sorted(set(lost))),
                    )
            for variable in variables_of(step):
                _restore_variable(variable)


def _restore_variable(variable: Variable) -> None:
    recorded = _variables.get((variable.place, variable.name))
    # While another run goes on, it has its own state there.
    if recorded is not None and recorded.marks is not None and not recorded.runs:
        recorded.snapshot.restore(recorded.marks)
        del _variables[variable.place, variable.name]


@contextmanager
def recorded(steps: Iterable[_Step]) -> Iterator[None]:
    """Records the state of steps before a run, and what it is at the end.

    Args:
        steps: Steps of the run, before they are loaded.
    """
    run = _Run()
    with _lock:
        for step in steps:
            _record(step, run)
    try:
        yield
    finally:
        with _lock:
            for number in run.steps:
                _end(_steps.get(number))
            for key in run.variables:
                _end(_variables.get(key))


def _record(step: _Step, run: _Run) -> None:
    if not is_user_code(step):
        return
    snapshot = Snapshot(MOST_RESTORED)
    add_state_as_written(snapshot, step)
    if id(step) not in _steps:
        weakref.finalize(step, _steps.pop, id(step), None)
    _steps[id(step)] = _Recorded(snapshot)
    run.steps.append(id(step))
    for variable in variables_of(step, snapshot):
        key = (variable.place, variable.name)
        if key in run.variables:
            continue
        run.variables[key] = variable
        earlier = _variables.get(key)
        if earlier is not None and earlier.runs:
            earlier.runs += 1
            continue
        state = Snapshot(MOST_RESTORED)
        add_variable(state, variable)
        if state.can_be_restored:
            _variables[key] = _Recorded(state)
            if len(_variables) > _MOST_VARIABLES:
                old = next((k for k, v in _variables.items() if not v.runs), None)
                _variables.pop(old, None)  # type: ignore[arg-type]


def _end(recorded: _Recorded | None) -> None:
    if recorded is None:
        return
    recorded.runs -= 1
    if recorded.runs <= 0:
        recorded.runs = 0
        recorded.marks = recorded.snapshot.marks()

"""Runs of one pipeline take turns: its steps are loaded, asked and unloaded by one at a time."""

from __future__ import annotations

import functools
import threading
from collections.abc import Callable
from typing import Concatenate, Final, ParamSpec, TypeVar

from distilabel.errors import DistilabelUserError

_P = ParamSpec("_P")
_T = TypeVar("_T")
_Pipeline = TypeVar("_Pipeline")

_lock: Final = threading.Lock()
# By identity; not kept in the pipelines, so that those can be pickled.
_running: Final[set[int]] = set()


def one_run_at_a_time(
    run: Callable[Concatenate[_Pipeline, _P], _T],
) -> Callable[Concatenate[_Pipeline, _P], _T]:
    """Has a method of a pipeline refuse to begin while it, or another such one, still works.

    Args:
        run: the method.

    Returns:
        The same, which raises a DistilabelUserError where it refuses.
    """

    @functools.wraps(run)
    def refusing(pipeline: _Pipeline, /, *args: _P.args, **kwargs: _P.kwargs) -> _T:
        with _lock:
            if id(pipeline) in _running:
                raise DistilabelUserError(
                    f"The pipeline {getattr(pipeline, 'name', '')!r} runs already: wait for the "
                    "end of that run, or make another Pipeline for this one."
                )
            _running.add(id(pipeline))
        try:
            return run(pipeline, *args, **kwargs)
        finally:
            with _lock:
                _running.discard(id(pipeline))

    return refusing

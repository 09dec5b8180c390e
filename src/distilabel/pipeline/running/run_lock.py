"""Lets a pipeline run once at a time: two runs would load and unload the same steps."""

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
# By the `id` of the dict of their steps, which `Pipeline.ray` shares. Pipelines hold no lock, so
# that they can be pickled.
_running: Final[set[int]] = set()


def one_run_at_a_time(
    run: Callable[Concatenate[_Pipeline, _P], _T],
) -> Callable[Concatenate[_Pipeline, _P], _T]:
    """Decorates a method of a pipeline that must not run while another such method runs.

    Args:
        run: The method.

    Returns:
        The method; it raises a `DistilabelUserError` while the pipeline is running.
    """

    @functools.wraps(run)
    def run_alone(pipeline: _Pipeline, /, *args: _P.args, **kwargs: _P.kwargs) -> _T:
        number = id(getattr(pipeline, "_steps", pipeline))
        with _lock:
            if number in _running:
                raise DistilabelUserError(
                    f"Pipeline {getattr(pipeline, 'name', '')!r} is already running. Wait for "
                    "that run to end, or create another Pipeline for this one."
                )
            _running.add(number)
        try:
            return run(pipeline, *args, **kwargs)
        finally:
            with _lock:
                _running.discard(number)

    return run_alone

"""Pickles steps for the way to a worker, and errors for the way back."""

from __future__ import annotations

import contextlib
import pickle
import sys
import traceback
from collections.abc import Callable
from typing import Any

from distilabel._engine.workers.import_guard import missing_guard_message
from distilabel._engine.workers.payloads import StepJob
from distilabel.errors import DistilabelUserError, text_of
from distilabel.steps.base import _Step

_ADVICE = (
    "Worker processes get a pickled copy of the step: create such objects in `load()`, which every "
    "worker calls, or leave replicas at 1."
)


def pickle_step(step: _Step) -> bytes:
    """Pickles a step without its pipeline.

    Raises:
        DistilabelUserError: The step cannot be pickled; the message names the attribute.
    """
    cls = type(step)
    subject = f"{step.name}: a step with replicas"
    if "<locals>" in cls.__qualname__:
        raise DistilabelUserError(
            f"{subject} runs in worker processes, which import its class: {cls.__name__} is "
            "defined inside a function. Define it at the top of a module, or leave replicas at 1."
        )
    if cls.__module__ == "__main__" and not hasattr(sys.modules["__main__"], "__file__"):
        raise DistilabelUserError(
            f"{subject} runs in worker processes, which import its class: {cls.__name__} is "
            "defined in a notebook or a shell. Move it into a file and import it, or leave "
            "replicas at 1."
        )
    spec = getattr(sys.modules.get(cls.__module__), "__spec__", None)
    if getattr(spec, "_initializing", False):
        # The import waits for this run, and a worker that looks up the class waits for the import.
        raise DistilabelUserError(f"{step.name}: {missing_guard_message()}")
    own = copy_without_pipeline(step)
    try:
        return pickle.dumps(StepJob(own))
    except Exception as error:
        subject, reason = unpicklable_attribute(own, error, pickle.dumps)
        raise DistilabelUserError(
            f"{subject} cannot be sent to a worker process: {reason}. {_ADVICE}"
        ) from error


def copy_without_pipeline(step: _Step) -> _Step:
    """Returns the copy of a step that is pickled."""
    own = step.model_copy(update={"pipeline": None})
    for name in [name for name in vars(own) if name not in type(step).model_fields]:
        # Cached properties are computed again in the worker.
        del vars(own)[name]
    return own


def unpicklable_attribute(
    step: _Step, error: Exception, dumps: Callable[[Any], bytes]
) -> tuple[str, Exception]:
    """Finds the attribute that keeps a step from being pickled.

    Args:
        step: The copy.
        error: Raised for the whole step.
        dumps: The pickler.

    Returns:
        The subject of the error message, and the error of that attribute.
    """
    for name, value in {**vars(step), **(step.__pydantic_private__ or {})}.items():
        try:
            dumps(value)
        except Exception as reason:  # noqa: BLE001 (pickling user objects raises anything)
            return f"{step.name}: its attribute {name!r} ({type(value).__name__})", reason
    return str(step.name), error


class RaisedInWorker(Exception):
    """Holds the traceback of the worker; set as the cause of the error that is raised here."""


def pickle_error(error: BaseException) -> bytes:
    """Pickles an error, or its name and message if the error itself cannot be pickled."""
    text = "".join(traceback.format_exception(error)).rstrip()
    name, message = type(error).__name__, text_of(error)
    if isinstance(error, Exception):
        # The user's class may raise anything when it is pickled or unpickled.
        with contextlib.suppress(Exception):
            pickled = pickle.dumps(error)
            if type(pickle.loads(pickled)) is type(error):
                return pickle.dumps((pickled, name, message, text))
    return pickle.dumps((None, name, message, text))


def unpickle_error(data: bytes) -> Exception:
    """Restores an error, with the traceback of the worker as its cause."""
    pickled, name, message, text = pickle.loads(data)
    error: Exception
    try:
        error = pickle.loads(pickled) if pickled else _stand_in(name, message)
    except Exception:  # noqa: BLE001 (its class may be missing in this process)
        error = _stand_in(name, message)
    error.__cause__ = RaisedInWorker(f"in a worker process:\n{text}")
    return error


def _stand_in(name: str, message: str) -> Exception:
    cls: Any = type(name, (Exception,), {"__module__": "distilabel.worker"})
    error: Exception = cls(message)
    return error

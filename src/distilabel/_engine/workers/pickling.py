"""Steps and errors as bytes, for the way to a worker process and back."""

from __future__ import annotations

import contextlib
import pickle
import sys
import traceback
from collections.abc import Callable
from typing import Any

from distilabel._engine.workers.import_guard import unguarded
from distilabel._engine.workers.payloads import StepJob
from distilabel.errors import DistilabelUserError
from distilabel.steps.base import _Step

_CURE = (
    "Worker processes get a copy of the step (it is pickled): put what has to be made anew into "
    "`load()`, which every one of them calls, or leave replicas at 1."
)


def packed_step(step: _Step) -> bytes:
    """A step as bytes, without its pipeline.

    Raises:
        DistilabelUserError: it has no such form; says which of its attributes is in the way.
    """
    cls = type(step)
    where = f"{step.name}: a step with replicas"
    if "<locals>" in cls.__qualname__:
        raise DistilabelUserError(
            f"{where} runs in worker processes, which have to import its class: {cls.__name__} is "
            "defined inside a function. Define it at the top of a module, or leave replicas at 1."
        )
    if cls.__module__ == "__main__" and not hasattr(sys.modules["__main__"], "__file__"):
        raise DistilabelUserError(
            f"{where} runs in worker processes, which have to import its class: {cls.__name__} is "
            "defined in a notebook or a shell. Move it into a file and import it, or leave "
            "replicas at 1."
        )
    spec = getattr(sys.modules.get(cls.__module__), "__spec__", None)
    if getattr(spec, "_initializing", False):
        # Its import waits for this run, and finding the class would wait for its import.
        raise DistilabelUserError(f"{step.name}: {unguarded()}")
    own = copy_for(step)
    try:
        return pickle.dumps(StepJob(own))
    except Exception as error:
        words, reason = told(own, error, pickle.dumps)
        raise DistilabelUserError(
            f"{words} cannot be sent to a worker process: {reason}. {_CURE}"
        ) from error


def copy_for(step: _Step) -> _Step:
    """The copy of a step that is sent away: without its pipeline."""
    own = step.model_copy(update={"pipeline": None})
    for name in [name for name in vars(own) if name not in type(step).model_fields]:
        # What a property has remembered is found out again.
        del vars(own)[name]
    return own


def told(step: _Step, error: Exception, dumps: Callable[[Any], bytes]) -> tuple[str, Exception]:
    """What of a step has no form as bytes, in words, and why.

    Args:
        step: the copy.
        error: of the whole step.
        dumps: gives the form.
    """
    for name, value in {**vars(step), **(step.__pydantic_private__ or {})}.items():
        try:
            dumps(value)
        except Exception as reason:  # noqa: BLE001 (whatever pickling it raises)
            return f"{step.name}: its attribute {name!r} ({type(value).__name__})", reason
    return str(step.name), error


class RaisedInWorker(Exception):
    """Where in the worker process an error was raised; the cause of that error here."""


def packed_error(error: BaseException) -> bytes:
    """An error as bytes: itself where it has such a form, else its name and its message."""
    text = "".join(traceback.format_exception(error)).rstrip()
    name, message = type(error).__name__, str(error)
    if isinstance(error, Exception):
        # Whatever the user's class raises then.
        with contextlib.suppress(Exception):
            itself = pickle.dumps(error)
            if type(pickle.loads(itself)) is type(error):
                return pickle.dumps((itself, name, message, text))
    return pickle.dumps((None, name, message, text))


def unpacked_error(data: bytes) -> Exception:
    """The error again, with the traceback of the worker as its cause."""
    itself, name, message, text = pickle.loads(data)
    error: Exception
    try:
        error = pickle.loads(itself) if itself else _stand_in(name, message)
    except Exception:  # noqa: BLE001 (its class may not be known here)
        error = _stand_in(name, message)
    error.__cause__ = RaisedInWorker(f"in a worker process:\n{text}")
    return error


def _stand_in(name: str, message: str) -> Exception:
    made: Any = type(name, (Exception,), {"__module__": "distilabel.worker"})
    error: Exception = made(message)
    return error

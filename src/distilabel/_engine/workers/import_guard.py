"""Refuses to run a pipeline while a worker process imports the user's program.

A spawned process imports the program that started it. Without an `if __name__ == "__main__":` guard
the import would run the pipeline again.
"""

from __future__ import annotations

import multiprocessing
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

from distilabel.errors import DistilabelUserError

# Prefix of the names of our worker processes.
WORKER: Final = "distilabel-worker"
# Exit status of a worker process whose import would have run the pipeline again.
NO_GUARD: Final = 86


_refusing = False


@contextmanager
def runs_refused() -> Iterator[None]:
    """Refuses runs while modules are imported only to unpickle what they define."""
    global _refusing
    _refusing = True
    try:
        yield
    finally:
        _refusing = False


def missing_guard_message() -> str:
    """Returns the message for a program that runs a pipeline when it is imported."""
    return (
        "Worker processes import the program, and importing it runs the pipeline again. Put the "
        'call of `run` under `if __name__ == "__main__":`, or leave replicas at 1.'
    )


def refuse_while_imported() -> None:
    """Stops a run that a child process would start by importing the program.

    Raises:
        DistilabelUserError: The program is imported by a process that it started itself.
        SystemExit: It is imported by a worker process; the parent reports the error.
    """
    process = multiprocessing.current_process()
    if _refusing:
        raise DistilabelUserError(missing_guard_message())
    # `multiprocessing` sets this while a child imports the program that it belongs to.
    if not getattr(process, "_inheriting", False):
        return
    if process.name.startswith(WORKER):
        sys.exit(NO_GUARD)
    raise DistilabelUserError(missing_guard_message())

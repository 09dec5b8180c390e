"""Programs that worker processes import: what stands at their top level runs once more there."""

from __future__ import annotations

import multiprocessing
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

from distilabel.errors import DistilabelUserError

# How the processes of this package are called.
WORKER: Final = "distilabel-worker"
# The exit status of one that would have run the pipeline again.
NO_GUARD: Final = 86


_refusing = False


@contextmanager
def no_runs() -> Iterator[None]:
    """Refuses runs for a while, in which modules are imported for the sake of what is in them."""
    global _refusing
    _refusing = True
    try:
        yield
    finally:
        _refusing = False


def unguarded() -> str:
    """What to do about a program that runs a pipeline when it is imported."""
    return (
        "Worker processes import the program, and it runs the pipeline again when it is imported. "
        'Put the call of `run` under `if __name__ == "__main__":`, or leave replicas at 1.'
    )


def refuse_while_imported() -> None:
    """Keeps a program that a process is just being started for from running a pipeline again.

    Raises:
        DistilabelUserError: it is imported by a process that the program itself has started.
        SystemExit: it is imported by one of the processes of this package; the one that started
            it tells.
    """
    process = multiprocessing.current_process()
    if _refusing:
        raise DistilabelUserError(unguarded())
    # The standard library says so of a process that imports the program it belongs to.
    if not getattr(process, "_inheriting", False):
        return
    if process.name.startswith(WORKER):
        sys.exit(NO_GUARD)
    raise DistilabelUserError(unguarded())

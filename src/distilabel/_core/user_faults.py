"""What code of the user's may raise besides `Exception`, and what that means for a run.

`CancelledError` and `GeneratorExit` steer coroutines. Raised by code of a step, they are faults
like any other: passed on, they would end a task of the engine without a word. `SystemExit` and
`KeyboardInterrupt` ask the program to end, but would stop an event loop at once, before answers
that are paid for are stored.
"""

from __future__ import annotations

import asyncio
from typing import Final

from distilabel.errors import text_of

# What costs the row on which it is raised.
USER_FAULTS: Final = (Exception, asyncio.CancelledError, GeneratorExit)

# What ends the program.
EXITS: Final = (SystemExit, KeyboardInterrupt)


class ProgramExit(BaseException):
    """Carries a `SystemExit` or `KeyboardInterrupt` through an event loop.

    Args:
        error: What was raised; the run raises it once it has ended.
    """

    def __init__(self, error: BaseException) -> None:
        super().__init__(error)
        self.error = error


def is_canceled() -> bool:
    """Whether the running task is being canceled, so that a `CancelledError` is not a fault."""
    task = asyncio.current_task()
    return task is not None and task.cancelling() > 0


def name_and_text(error: BaseException) -> str:
    """Returns the type and the message of an error, whatever its class does."""
    if isinstance(error, ProgramExit):
        error = error.error
    return f"{type(error).__name__}: {text_of(error)}".rstrip(": ")

"""How a command fails: one message in red and exit status 1, without a traceback."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import NoReturn

import typer

from distilabel.cli.output import say


def fail(message: str) -> NoReturn:
    """Prints an error message and ends the command with status 1.

    Args:
        message: What is wrong and what to do about it.
    """
    say(f"Error: {message}", err=True, color=typer.colors.RED)
    raise typer.Exit(1)


@contextmanager
def report_errors() -> Iterator[None]:
    """Ends the command with one message if the block raises.

    With DISTILABEL_LOG_LEVEL=DEBUG, the traceback is printed first.
    """
    try:
        yield
    except (typer.Exit, typer.Abort):
        raise
    except Exception as error:  # noqa: BLE001 (any error ends the command)
        from distilabel import envs

        if envs.DISTILABEL_LOG_LEVEL == "DEBUG":
            import traceback

            traceback.print_exc()
        fail(message_of(error))


def message_of(error: BaseException) -> str:
    """Returns the message of an error, with its type where the message alone says little."""
    from distilabel.errors import DistilabelError, ModelError

    message = str(error).strip()
    if not message:
        return type(error).__name__
    if isinstance(error, (DistilabelError, ModelError)) or type(error) is ValueError:
        return message
    if isinstance(error, KeyError):
        return f"KeyError: {message}"
    if isinstance(error, OSError) and error.strerror:
        where = f"{error.filename}: " if error.filename else ""
        return f"{where}{error.strerror}"
    # Short messages of other libraries are often unclear without the type.
    return message if " " in message else f"{type(error).__name__}: {message}"

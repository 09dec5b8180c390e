"""How a command fails: one message in red and an exit status, no traceback."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import NoReturn

import typer


def leave(message: str) -> NoReturn:
    """Says what is wrong and ends the command with status 1.

    Args:
        message: what failed and what to do about it.
    """
    typer.secho(f"Error: {message}", fg=typer.colors.RED, err=True)
    raise typer.Exit(1)


@contextmanager
def one_message() -> Iterator[None]:
    """Ends the command with one message if anything in the block raises.

    With DISTILABEL_LOG_LEVEL=DEBUG the traceback comes first.
    """
    try:
        yield
    except (typer.Exit, typer.Abort):
        raise
    except Exception as error:  # noqa: BLE001 (whatever it is, it ends the command)
        from distilabel import envs

        if envs.DISTILABEL_LOG_LEVEL == "DEBUG":
            import traceback

            traceback.print_exc()
        leave(told(error))


def told(error: BaseException) -> str:
    """An error in words; its type stands before it where the message alone would say little."""
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
    # Many messages of others make sense only with the name of their type.
    return message if " " in message else f"{type(error).__name__}: {message}"

"""Checks what `format_input` and `format_output` of a task return."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Final

from distilabel.errors import DistilabelTypeError
from distilabel.steps.column_checks import kind_of

if TYPE_CHECKING:
    from distilabel.typing import StepColumns

_MESSAGE: Final = '{"role": "user", "content": "..."}'


class OutputShapeError(DistilabelTypeError):
    """Raised when `format_output` does not return its columns, whatever the model answers."""


def check_prompt(name: str | None, prompt: Any) -> None:
    """Checks what `format_input` returned.

    Models of one's own may take any prompt, so only what can never be one is refused.

    Args:
        name: Name of the task.
        prompt: What `format_input` returned.

    Raises:
        DistilabelTypeError: It is not a prompt.
    """
    chat = prompt[0] if isinstance(prompt, tuple) and len(prompt) == 2 else prompt
    if isinstance(chat, list):
        for message in chat:
            # This runs for every question, and asking for the exact type is fastest.
            if type(message) is not dict or "role" not in message:
                break
        else:
            return
        wrong = [m for m in chat if not (isinstance(m, Mapping) and "role" in m)]
        if not wrong:
            return
        problem = f"a list with {_shown(wrong[0])}, which is not a message"
    elif chat is None or (isinstance(chat, Mapping) and "role" in chat):
        problem = "None" if chat is None else "one message instead of a list of messages"
    else:
        return
    raise DistilabelTypeError(
        f"{name}: format_input returned {problem}. It must return a conversation, which is a list "
        f"of messages like {_MESSAGE}."
    )


def check_columns(columns: Any, outputs: StepColumns) -> None:
    """Checks what `format_output` returned.

    Args:
        columns: What it returned.
        outputs: Output columns of the task.

    Raises:
        OutputShapeError: It is not a dict, or lacks columns of `outputs` that every row has.
    """
    if type(columns) is not dict and not isinstance(columns, Mapping):
        raise OutputShapeError(
            f"format_output returned {_shown(columns)}. It must return a dict with the columns "
            f"{', '.join(map(repr, _always(outputs)))}."
        )
    for name in outputs:
        if name not in columns and name != "model_name":
            break
    else:
        return
    if missing := [name for name in _always(outputs) if name not in columns]:
        raise OutputShapeError(
            f"format_output returned no {', '.join(map(repr, missing))}, which `outputs` "
            f"promises; it returned {', '.join(map(repr, columns)) or 'an empty dict'}."
        )


def _always(outputs: StepColumns) -> list[str]:
    always = outputs if not isinstance(outputs, dict) else [n for n, a in outputs.items() if a]
    return [name for name in always if name != "model_name"]


def _shown(value: Any) -> str:
    if value is None:
        return "None"
    text = repr(value)
    return f"{kind_of(value)} ({text if len(text) <= 60 else text[:60] + '...'})"

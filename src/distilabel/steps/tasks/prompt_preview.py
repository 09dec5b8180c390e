"""Prints the prompt of a task on the terminal, for `Task.print`."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any, Final

from distilabel.errors import DistilabelUserError

if TYPE_CHECKING:
    from rich.console import RenderableType

    from distilabel.steps.base import _Step
    from distilabel.typing import ChatType, FormattedInput

_CONVERSATIONS: Final = frozenset({"conversation", "messages"})
_LISTS: Final = frozenset({"generations", "instructions", "responses", "solutions"})
_LOOP_COLUMN: Final = re.compile(r"\{%-?\s*for\s+.+?\s+in\s+(\w+)")


def print_prompt(task: _Step, sample_input: ChatType | None = None) -> None:
    """Prints a prompt, one panel per message.

    Args:
        task: Task whose prompt is printed.
        sample_input: Prompt to print; None to make it from a row of placeholders.

    Raises:
        DistilabelUserError: If the task has no `format_input`.
    """
    from rich.console import Console, Group
    from rich.panel import Panel

    prompt: FormattedInput = placeholder_prompt(task) if sample_input is None else sample_input
    structure: Any = None
    if isinstance(prompt, tuple):
        prompt, structure = prompt
    if isinstance(prompt, str):
        prompt = [{"role": "user", "content": prompt}]
    panels: list[RenderableType] = [
        _panel(_message_text(message["content"]), message["role"]) for message in prompt
    ]
    if structure is not None:
        panels.append(_panel(json.dumps(structure, indent=2, default=str), "structured output"))
    Console().print(Panel(Group(*panels), title=f"Prompt: {type(task).__name__}"))


def _panel(text: str, role: str) -> RenderableType:
    from rich.panel import Panel
    from rich.text import Text

    # Plain text, because prompts are full of brackets that Rich would parse as markup.
    return Panel(Text(text), title=f"{role.capitalize()} message", title_align="left")


def placeholder_prompt(task: _Step) -> FormattedInput:
    """Makes the prompt of a task from a row of placeholders.

    Args:
        task: Task whose prompt is made.

    Raises:
        DistilabelUserError: If the task has no `format_input`.
    """
    if not hasattr(task, "format_input"):
        raise DistilabelUserError(
            f"{task.name}: {type(task).__name__} has no `format_input` to make a prompt with. "
            "Pass the prompt to print as `sample_input`."
        )
    prompt: FormattedInput = task.format_input(placeholder_row(task))
    return prompt


def placeholder_row(task: _Step) -> dict[str, Any]:
    """Makes a row with a placeholder in every input column of a task.

    Args:
        task: Task the row is for.
    """
    lists = _LISTS | set(_LOOP_COLUMN.findall(getattr(task, "template", "")))
    return {column: _placeholder(column, lists) for column in task.inputs}


def _placeholder(column: str, lists: frozenset[str]) -> Any:
    name = re.sub(r"\W+", "_", column).upper()
    if column in _CONVERSATIONS:
        return [{"role": "user", "content": f"<PLACEHOLDER_{name}>"}]
    if column in lists:
        return [f"<PLACEHOLDER_{name}_{number}>" for number in (1, 2)]
    return f"<PLACEHOLDER_{name}>"


def _message_text(content: Any) -> str:
    if isinstance(content, str):
        return content
    return "\n".join(
        part["text"] if part["type"] == "text" else f"<image: {part['image_url']['url'][:60]}>"
        for part in content
    )

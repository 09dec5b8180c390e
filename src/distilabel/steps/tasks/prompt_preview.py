"""Showing a prompt to people, on the terminal. Knows tasks by their columns only."""

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
_LOOPED: Final = re.compile(r"\{%-?\s*for\s+.+?\s+in\s+(\w+)")


def print_prompt(task: _Step, sample_input: ChatType | None = None) -> None:
    """Prints a prompt, one panel per message.

    Args:
        task: the task.
        sample_input: the prompt; that of a row of placeholders if None.

    Raises:
        DistilabelUserError: the task makes no prompt from a row.
    """
    from rich.console import Console, Group
    from rich.panel import Panel

    sent: FormattedInput = _prompt_of_placeholders(task) if sample_input is None else sample_input
    structure: Any = None
    if isinstance(sent, tuple):
        sent, structure = sent
    if isinstance(sent, str):
        sent = [{"role": "user", "content": sent}]
    panels: list[RenderableType] = [
        _panel(_text_of(message["content"]), message["role"]) for message in sent
    ]
    if structure is not None:
        panels.append(_panel(json.dumps(structure, indent=2, default=str), "structured output"))
    Console().print(Panel(Group(*panels), title=f"Prompt: {type(task).__name__}"))


def _panel(text: str, role: str) -> RenderableType:
    from rich.panel import Panel
    from rich.text import Text

    # As plain text: prompts are full of what would be read as markup.
    return Panel(Text(text), title=f"{role.capitalize()} message", title_align="left")


def _prompt_of_placeholders(task: _Step) -> FormattedInput:
    if not hasattr(task, "format_input"):
        raise DistilabelUserError(
            f"{task.name}: {type(task).__name__} makes no prompt from a row; give the prompt to "
            "show as `sample_input`."
        )
    lists = _LISTS | set(_LOOPED.findall(getattr(task, "template", "")))
    prompt: FormattedInput = task.format_input(
        {column: _placeholder(column, lists) for column in task.inputs}
    )
    return prompt


def _placeholder(column: str, lists: frozenset[str]) -> Any:
    name = re.sub(r"\W+", "_", column).upper()
    if column in _CONVERSATIONS:
        return [{"role": "user", "content": f"<PLACEHOLDER_{name}>"}]
    if column in lists:
        return [f"<PLACEHOLDER_{name}_{number}>" for number in (1, 2)]
    return f"<PLACEHOLDER_{name}>"


def _text_of(content: Any) -> str:
    if isinstance(content, str):
        return content
    return "\n".join(
        part["text"] if part["type"] == "text" else f"<image: {part['image_url']['url'][:60]}>"
        for part in content
    )

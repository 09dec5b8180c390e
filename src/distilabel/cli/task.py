"""`distilabel task list` and `distilabel task show`: the gallery of tasks in the terminal."""

from __future__ import annotations

import textwrap
from typing import TYPE_CHECKING, Annotated, Any, Final

import typer

from distilabel.cli.errors import fail
from distilabel.cli.output import say

if TYPE_CHECKING:
    from distilabel.cli.task_gallery import ExampleRun, GalleryTask

app = typer.Typer(
    help="Show the tasks that come with distilabel.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
)

_WIDTH: Final = 80
_INDENT: Final = "  "
_LONGEST_VALUE: Final = 400


@app.command("list")
def list_tasks() -> None:
    """List all tasks and what they do."""
    from distilabel.cli.task_gallery import gallery_tasks

    tasks = gallery_tasks()
    column = max(len(task.name) for task in tasks) + 2
    for task in tasks:
        lines = textwrap.wrap(task.purpose, _WIDTH - column) or [""]
        say(f"{task.name:{column}}{lines[0]}")
        for line in lines[1:]:
            say(" " * column + line)
    say("\nUse `distilabel task show NAME` for its columns, its prompt and an example.")


@app.command()
def show(name: Annotated[str, typer.Argument(help="Name of the task, in any case.")]) -> None:
    """Show a task: purpose, columns, paper, and its example run on the simulated model."""
    from distilabel.cli.task_gallery import gallery_tasks, run_example

    tasks = {task.name.casefold(): task for task in gallery_tasks()}
    task = tasks.get(name.casefold())
    if task is None:
        from difflib import get_close_matches

        close = get_close_matches(name.casefold(), tasks, 3, 0.5)
        hint = ", ".join(tasks[each].name for each in close)
        meant = f"Did you mean {hint}? " if hint else ""
        fail(f"No task {name!r}. {meant}Use `distilabel task list` to see all tasks.")
    _show_description(task)
    _show_run(task, run_example(task))


def _show_description(task: GalleryTask) -> None:
    say(task.name, color=typer.colors.GREEN)
    _wrapped(task.purpose)
    for paragraph in task.description.split("\n\n"):
        say("")
        _wrapped(paragraph)
    for title, columns in (("Input columns", task.inputs), ("Output columns", task.outputs)):
        if columns:
            _heading(title)
            for name, (kind, text) in columns.items():
                _entry(f"{name} ({kind})" if kind else name, text)
    if task.attributes:
        _heading("Attributes")
        for name, text in task.attributes.items():
            _entry(name, text)
    if task.references:
        _heading("References")
        for title, url in task.references.items():
            _wrapped(title, _INDENT)
            say(f"{_INDENT}{_INDENT}{url}")


def _show_run(task: GalleryTask, run: ExampleRun) -> None:
    if task.example:
        _heading("Example")
        for line in task.example.splitlines():
            _wrapped_code(line)
    if run.prompt is not None:
        _heading("First prompt of the example")
        for message in run.prompt:
            say(f"{_INDENT}[{message.get('role')}]", color=typer.colors.CYAN)
            for line in _text_of(message.get("content")).splitlines():
                _wrapped(line, _INDENT)
    if run.row is not None:
        _heading("First row of the example")
        for name, value in run.row.items():
            _entry(name, _shortened(value))
    if run.problem is not None:
        say("")
        _wrapped(run.problem)


def _heading(title: str) -> None:
    say("")
    say(title, color=typer.colors.GREEN)


def _entry(name: str, text: str) -> None:
    lines = textwrap.wrap(f"{name}: {text}", _WIDTH - len(_INDENT), subsequent_indent=_INDENT * 2)
    for line in lines:
        say(_INDENT + line)


def _wrapped(text: str, indent: str = "") -> None:
    for line in textwrap.wrap(text, _WIDTH - len(indent)) or [""]:
        say(f"{indent}{line}" if line else "")


def _wrapped_code(line: str) -> None:
    """Prints a line of code; the rest of a long one goes below it, further to the right."""
    room = _WIDTH - len(_INDENT)
    say(_INDENT + line[:room] if line else "")
    rest, inset = line[room:], " " * 8
    while rest:
        say(_INDENT + inset + rest[: room - len(inset)])
        rest = rest[room - len(inset) :]


def _text_of(content: Any) -> str:
    if isinstance(content, list):
        parts = [part for part in content if isinstance(part, dict)]
        return "\n".join(str(part.get("text", f"<{part.get('type')}>")) for part in parts)
    return str(content)


def _shortened(value: Any) -> str:
    text = value if isinstance(value, str) else repr(value)
    return text if len(text) <= _LONGEST_VALUE else f"{text[:_LONGEST_VALUE]}..."

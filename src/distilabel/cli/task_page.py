"""Writes the page of all tasks, `docs/tasks.md`: `python -m distilabel.cli.task_page`."""

from __future__ import annotations

from distilabel.cli.output import say
from distilabel.cli.task_gallery import GalleryTask, gallery_tasks

_HEAD = """\
# Tasks

The tasks that come with distilabel, from their docstrings (`make tasks-page`). In the terminal,
`distilabel task show NAME` shows the prompt as well, and runs the example on the simulated model.
"""


def tasks_page() -> str:
    """Returns the page as Markdown."""
    tasks = gallery_tasks()
    rows = [f"| [{task.name}](#{task.name.lower()}) | {_cell(task.purpose)} |" for task in tasks]
    table = "\n".join(["| task | what it does |", "|---|---|", *rows])
    return "\n".join([_HEAD, table, "", *map(_section, tasks)])


def _section(task: GalleryTask) -> str:
    parts = [f"## {task.name}", task.purpose]
    if task.description:
        parts.append(task.description)
    rows = [
        f"| {way} | `{name}` | {_cell(kind)} | {_cell(text)} |"
        for way, columns in (("in", task.inputs), ("out", task.outputs))
        for name, (kind, text) in columns.items()
    ]
    if rows:
        parts.append("\n".join(["| | column | type | content |", "|---|---|---|---|", *rows]))
    if task.references:
        links = [f"- [{title}]({url})" for title, url in task.references.items()]
        parts.append("\n".join(links))
    if task.example:
        mark = "" if task.runs_simulated else " notest"
        parts.append(f"```python{mark}\n{task.example}\n```")
    return "\n\n".join(parts) + "\n"


def _cell(text: str) -> str:
    return " ".join(text.split()).replace("|", "\\|")


if __name__ == "__main__":
    say(tasks_page().rstrip("\n"))

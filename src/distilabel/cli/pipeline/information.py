"""The output of `distilabel pipeline info`: steps, parameters and connections of a pipeline."""

from __future__ import annotations

from collections.abc import Iterator
from textwrap import wrap
from typing import TYPE_CHECKING, Any, Final

from distilabel._core.printable import printable

if TYPE_CHECKING:
    from rich.panel import Panel
    from rich.table import Table

    from distilabel.pipeline.base import BasePipeline

_MIN_NAME_WIDTH: Final = 20


def display_pipeline_information(pipeline: BasePipeline) -> None:
    """Prints the steps, parameters and connections of a pipeline.

    Args:
        pipeline: Pipeline to show; it is not run.
    """
    from rich.console import Console, Group
    from rich.panel import Panel

    console = Console()
    parts: list[Any] = [f"[bold]Name:[/bold] {_plain(pipeline.name)}"]
    if pipeline.description:
        parts.append(f"[bold]Description:[/bold] {_plain(pipeline.description)}")
    parts += [_steps(pipeline, console.width), _connections(pipeline)]
    if pipeline._routing:
        parts.append(_routing(pipeline))
    console.print(Panel(Group(*parts), title="Pipeline Information", expand=False))


def _plain(text: str) -> str:
    """Returns a text in which nothing is markup or commands the terminal."""
    from rich.markup import escape

    return escape(printable(text))


def _table(*heads: str) -> Table:
    """Makes a table in which descriptions shrink first if there is little room."""
    from rich.table import Table

    table = Table(show_edge=False)
    for head in heads:
        table.add_column(head, overflow="fold", no_wrap=head in ("Runtime parameter", "Optional"))
    return table


def _steps(pipeline: BasePipeline, width: int) -> Panel:
    from rich.console import Group
    from rich.panel import Panel

    parts: list[Any] = []
    for name, step in pipeline._steps.items():
        title = f"[bold]{_plain(name)}[/bold] ({_plain(type(step).__name__)})"
        rows = list(_entries(step.get_runtime_parameters_info()))
        table = _table("Runtime parameter", "Description", "Optional")
        room = max(_MIN_NAME_WIDTH, width // 2 - 4)
        for path, description, optional in rows:
            name = "\n".join(wrap(path, room, break_on_hyphens=False))
            table.add_row(_plain(name), _plain(description), "Yes" if optional else "No")
        parts += [title, table if rows else "no runtime parameters", ""]
    return Panel(Group(*parts[:-1]), title="Steps", expand=False)


def _entries(info: list[dict[str, Any]], path: str = "") -> Iterator[tuple[str, str, bool]]:
    """Yields each runtime parameter: its dotted name, description, and whether it is optional."""
    for entry in info:
        name = f"{path}{entry['name']}"
        inner = entry.get("runtime_parameters_info", entry.get("keys"))
        if isinstance(inner, dict):
            for number, item in inner.items():
                yield from _entries(item, f"{name}.{number}.")
        elif inner is not None:
            yield from _entries(inner, f"{name}.")
        else:
            yield name, entry.get("description") or "", bool(entry.get("optional"))


def _connections(pipeline: BasePipeline) -> Panel:
    from rich.panel import Panel

    table = _table("From", "To")
    for name in pipeline.dag.nodes:
        ends = ", ".join(pipeline.dag.successors(name))
        table.add_row(_plain(name), _plain(ends) or "[dim]none (a dataset of the result)[/dim]")
    return Panel(table, title="Steps connections", expand=False)


def _routing(pipeline: BasePipeline) -> Panel:
    from rich.panel import Panel

    table = _table("Step", "Function", "Description")
    for name, function in pipeline._routing.items():
        factory = function._factory or {}
        called = factory.get("name") or getattr(function.routing_function, "__name__", "")
        table.add_row(_plain(name), _plain(str(called)), _plain(function.description or ""))
    return Panel(table, title="Routing Batch Function", expand=False)

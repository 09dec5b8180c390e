"""`distilabel cache`: what is kept in a cache directory, and removing what is not needed."""

from __future__ import annotations

from datetime import datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Optional

import typer

from distilabel.cli.failing import leave, one_message
from distilabel.cli.runs import CacheDir

if TYPE_CHECKING:
    from distilabel.pipeline.workspace.cache_listing import CachedPipeline, Configuration

app = typer.Typer(
    help="Look at what is kept, and remove it.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
)

Yes = Annotated[bool, typer.Option("--yes", help="Do not ask before removing.")]


@app.command("list")
def list_cached(cache_dir: CacheDir = None) -> None:
    """Lists the pipelines whose outputs are kept, and the stored answers they share."""
    from distilabel._engine.storage.sqlite_file import count_answers
    from distilabel.cli.tables import in_bytes, moment, show_table

    root = _root(cache_dir)
    with one_message():
        pipelines = _pipelines(root)
        count, size = count_answers(_store(root))
    if not pipelines and not count:
        typer.echo(f"Nothing is kept in {root}.")
        return
    show_table(
        ["pipeline", "last run", "configurations", "size"],
        [
            [each.name, moment(each.used), str(len(each.configurations)), in_bytes(each.size)]
            for each in pipelines
        ],
    )
    typer.echo(f"\n{count:,} answers and outputs of steps in {_store(root)} ({in_bytes(size)}).")


@app.command()
def show(
    pipeline: Annotated[str, typer.Argument(help="Name of the pipeline.")],
    cache_dir: CacheDir = None,
) -> None:
    """Shows every configuration of a pipeline that ran: when, how many rows, where."""
    from distilabel.cli.tables import in_bytes, moment

    with one_message():
        found = _found(_root(cache_dir), pipeline)
    for configuration in found.configurations:
        running = ", running now" if configuration.is_running else ""
        typer.echo(f"{configuration.folder}")
        typer.echo(
            f"  last run {moment(configuration.used)}, {in_bytes(configuration.size)}{running}"
        )
        for leaf, rows in configuration.rows.items():
            typer.echo(f"  {leaf}: {rows:,} rows")


@app.command()
def prune(
    days: Annotated[
        int, typer.Option(min=0, help="Outputs that were not made anew for so many days go.")
    ] = 30,
    cache_dir: CacheDir = None,
    yes: Yes = False,
) -> None:
    """Removes old outputs: of every pipeline all configurations but the last, if they are old.

    Stored answers stay: a pipeline that is run again makes its outputs of them and asks nothing.
    """
    root = _root(cache_dir)
    until = datetime.now() - timedelta(days=days)
    with one_message():
        old = [
            configuration
            for pipeline in _pipelines(root)
            for configuration in pipeline.configurations[:-1]
            if configuration.used <= until and not configuration.is_running
        ]
        _remove(root, old, yes)


@app.command()
def clear(
    pipeline: Annotated[
        Optional[str], typer.Argument(help="Only the outputs of this pipeline.")
    ] = None,
    answers: Annotated[
        bool,
        typer.Option("--answers", help="The stored answers as well: they are asked for again."),
    ] = False,
    cache_dir: CacheDir = None,
    yes: Yes = False,
) -> None:
    """Removes all outputs, and with --answers the stored answers too."""
    root = _root(cache_dir)
    if pipeline is not None and answers:
        leave("Pipelines share their answers: give a pipeline or --answers.")
    with one_message():
        pipelines = [_found(root, pipeline)] if pipeline is not None else _pipelines(root)
        everything = [each for found in pipelines for each in found.configurations]
        running = [each for each in everything if each.is_running]
        if running:
            leave(f"{running[0].folder} is being written by a run: stop it first.")
        _remove(root, everything, yes, _answers(root) if answers else [])


def _root(cache_dir: Optional[Path]) -> Path:
    from distilabel.pipeline.workspace.run_directory import cache_directory

    return cache_directory(cache_dir)


def _store(root: Path) -> Path:
    from distilabel.pipeline.workspace.run_directory import RunDirectory

    return RunDirectory(root, root).store


def _answers(root: Path) -> list[Path]:
    """The files of the store: itself and those that belong to it."""
    store = _store(root)
    ends = ("", "-wal", "-shm", "-asking", "-damaged")
    files = [store.with_name(store.name + end) for end in ends]
    return [file for file in files if file.exists()]


def _pipelines(root: Path) -> list[CachedPipeline]:
    from distilabel.pipeline.workspace.cache_listing import cached_pipelines

    return cached_pipelines(root)


def _found(root: Path, name: str) -> CachedPipeline:
    from distilabel.mixins.runtime_parameters import close_names

    pipelines = {pipeline.name: pipeline for pipeline in _pipelines(root)}
    if name not in pipelines:
        leave(f"Nothing of {name!r} is kept in {root}: {close_names(name, list(pipelines))}.")
    return pipelines[name]


def _remove(
    root: Path, configurations: list[Configuration], yes: bool, files: list[Path] | None = None
) -> None:
    from distilabel.cli.tables import in_bytes
    from distilabel.pipeline.workspace.cache_listing import remove, size_of

    files = files or []
    if not configurations and not files:
        typer.echo(f"Nothing to remove in {root}.")
        return
    size = sum(each.size for each in configurations) + sum(map(size_of, files))
    what = f"{len(configurations)} configuration{'' if len(configurations) == 1 else 's'}"
    if files:
        what += " and all stored answers"
    if not yes and not typer.confirm(f"Remove {what} ({in_bytes(size)}) from {root}?", err=True):
        typer.echo("Nothing was removed.")
        return
    remove(root, configurations)
    for file in files:
        file.unlink()
    typer.echo(f"Removed {what} ({in_bytes(size)}).")

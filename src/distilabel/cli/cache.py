"""`distilabel cache`: lists the contents of a cache directory and removes them."""

from __future__ import annotations

from datetime import datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Optional

import typer

from distilabel.cli.errors import fail, report_errors
from distilabel.cli.output import say
from distilabel.cli.runs import OTHER_DIRECTORY, CacheDir

if TYPE_CHECKING:
    from distilabel.pipeline.workspace.cache_listing import CachedPipeline, Configuration

app = typer.Typer(
    help="Show and remove cached outputs and stored answers.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
)

Yes = Annotated[bool, typer.Option("--yes", help="Remove without asking for confirmation.")]


@app.command("list")
def list_cached(cache_dir: CacheDir = None) -> None:
    """List the pipelines with cached outputs, and the answer store they share."""
    from distilabel._engine.storage.sqlite_file import count_answers
    from distilabel.cli.tables import format_size, format_time, print_table

    root = _root(cache_dir)
    with report_errors():
        pipelines = _pipelines(root)
        count, size = count_answers(_store(root))
    if not pipelines and not count:
        say(f"The cache directory {root} is empty. {OTHER_DIRECTORY}")
        return
    print_table(
        ["pipeline", "last run", "configurations", "size"],
        [
            [
                each.name,
                format_time(each.used),
                str(len(each.configurations)),
                format_size(each.size),
            ]
            for each in pipelines
        ],
    )
    say(f"\n{count:,} answers and step outputs in {_store(root)} ({format_size(size)}).")


@app.command()
def show(
    pipeline: Annotated[str, typer.Argument(help="Name of the pipeline.")],
    cache_dir: CacheDir = None,
) -> None:
    """Show every configuration of a pipeline that was run: its directory, last run and rows."""
    from distilabel._engine.reporting.formatting import format_count
    from distilabel.cli.tables import format_size, format_time

    with report_errors():
        found = _find_pipeline(_root(cache_dir), pipeline)
    for configuration in found.configurations:
        running = ", running now" if configuration.is_running else ""
        used, size = format_time(configuration.used), format_size(configuration.size)
        say(f"{configuration.folder}")
        say(f"  last run {used}, {size}{running}")
        for leaf, rows in configuration.rows.items():
            say(f"  {leaf}: {format_count(rows, 'row')}")


@app.command()
def prune(
    days: Annotated[
        int,
        typer.Option(min=0, help="Remove outputs of configurations not run for this many days."),
    ] = 30,
    cache_dir: CacheDir = None,
    yes: Yes = False,
) -> None:
    """Remove old outputs, except those of each pipeline's latest configuration.

    Stored answers are kept: running a pipeline again rebuilds its outputs from them without
    sending requests.
    """
    root = _root(cache_dir)
    until = datetime.now() - timedelta(days=days)
    with report_errors():
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
        Optional[str], typer.Argument(help="Remove only the outputs of this pipeline.")
    ] = None,
    answers: Annotated[
        bool,
        typer.Option(
            "--answers",
            help="Remove the stored answers too. The next run has to pay for them again.",
        ),
    ] = False,
    cache_dir: CacheDir = None,
    yes: Yes = False,
) -> None:
    """Remove all outputs and, with --answers, the stored answers."""
    root = _root(cache_dir)
    if pipeline is not None and answers:
        fail(
            "--answers cannot be combined with a pipeline, because all pipelines share the "
            "stored answers. Give one of the two."
        )
    with report_errors():
        pipelines = [_find_pipeline(root, pipeline)] if pipeline is not None else _pipelines(root)
        everything = [each for found in pipelines for each in found.configurations]
        running = [each for each in everything if each.is_running]
        if running:
            fail(f"A run is writing to {running[0].folder}. Stop it first.")
        _remove(root, everything, yes, _store_files(root) if answers else [])


def _root(cache_dir: Optional[Path]) -> Path:
    from distilabel.pipeline.workspace.run_directory import cache_directory

    # Absolute, so that messages tell where a relative one is.
    return cache_directory(cache_dir).absolute()


def _store(root: Path) -> Path:
    from distilabel.pipeline.workspace.run_directory import RunDirectory

    return RunDirectory(root, root).store


def _store_files(root: Path) -> list[Path]:
    """Returns the file of the answer store and the files beside it that belong to it."""
    store = _store(root)
    ends = ("", "-wal", "-shm", "-asking", "-damaged")
    files = [store.with_name(store.name + end) for end in ends]
    return [file for file in files if file.exists()]


def _pipelines(root: Path) -> list[CachedPipeline]:
    from distilabel.pipeline.workspace.cache_listing import cached_pipelines

    return cached_pipelines(root)


def _find_pipeline(root: Path, name: str) -> CachedPipeline:
    from distilabel._core.file_names import file_name
    from distilabel.mixins.runtime_parameters import close_names

    pipelines = {pipeline.name: pipeline for pipeline in _pipelines(root)}
    found = pipelines.get(file_name(name))
    if found is None:
        known = close_names(name, list(pipelines)) if pipelines else "it is empty."
        fail(f"No pipeline {name!r} in {root}: {known} {OTHER_DIRECTORY}")
    return found


def _remove(
    root: Path, configurations: list[Configuration], yes: bool, files: list[Path] | None = None
) -> None:
    from distilabel.cli.tables import format_size
    from distilabel.pipeline.workspace.cache_listing import remove, size_of

    files = files or []
    if not configurations and not files:
        say(f"Nothing to remove in {root}. {OTHER_DIRECTORY}")
        return
    size = sum(each.size for each in configurations) + sum(map(size_of, files))
    what = f"{len(configurations)} configuration{'' if len(configurations) == 1 else 's'}"
    if files:
        what += " and all stored answers"
    total = format_size(size)
    if not yes and not typer.confirm(f"Remove {what} ({total}) from {root}?", err=True):
        say("Nothing was removed.")
        return
    remove(root, configurations)
    for file in files:
        file.unlink()
    say(f"Removed {what} ({total}).")

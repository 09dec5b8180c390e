"""`distilabel run list` and `... show`: runs of the past."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Optional

import typer

from distilabel.cli.failing import leave, one_message

if TYPE_CHECKING:
    from distilabel.pipeline.workspace.run_history import PastRun

app = typer.Typer(
    help="Look at runs of the past.", no_args_is_help=True, pretty_exceptions_enable=False
)

CacheDir = Annotated[
    Optional[Path],
    typer.Option(help="Cache directory; DISTILABEL_CACHE_DIR or the one at home if left out."),
]


@app.command("list")
def list_runs(
    pipeline: Annotated[Optional[str], typer.Argument(help="Only runs of this pipeline.")] = None,
    cache_dir: CacheDir = None,
    most: Annotated[int, typer.Option("--most", min=1, help="Most runs to show.")] = 20,
) -> None:
    """Lists runs, the last one at the end."""
    from distilabel.cli.tables import moment, show_table
    from distilabel.pipeline.workspace.run_directory import cache_directory

    root = cache_directory(cache_dir)
    with one_message():
        runs = [run for run in _runs(root) if pipeline in (None, run.pipeline)]
    if not runs:
        of = f" of {pipeline!r}" if pipeline is not None else ""
        typer.echo(f"No runs{of} in {root}.")
        return
    heads = ["run", "begun", "pipeline", "outcome", "rows", "failed", "asked", "reused", "cost"]
    show_table(
        [*heads, "took"],
        [[each.id, moment(each.begun), each.pipeline, *_told(each)] for each in runs[-most:]],
    )
    if len(runs) > most:
        typer.echo(f"{len(runs) - most} more before these: --most {len(runs)} shows them.")


@app.command()
def show(
    run: Annotated[str, typer.Argument(help="The run as `list` names it, or `last`.")],
    cache_dir: CacheDir = None,
) -> None:
    """Shows the report of a run, and where its files are."""
    from distilabel.pipeline.workspace.run_directory import cache_directory

    root = cache_directory(cache_dir)
    with one_message():
        runs = _runs(root)
    found = runs[-1:] if run == "last" else [each for each in runs if each.id.startswith(run)]
    if not found:
        leave(f"There is no run {run} in {root}: `distilabel run list` shows those there are.")
    if len(found) > 1:
        leave(f"{run} begins the names of {len(found)} runs: give more of the name.")
    [only] = found
    typer.echo(f"{only.id}: {only.pipeline}, begun {only.begun:%Y-%m-%d %H:%M:%S}, {only.outcome}")
    typer.echo(f"Files: {only.folder}")
    if only.text:
        typer.echo(f"\n{only.text}")


def _runs(root: Path) -> list[PastRun]:
    from distilabel.pipeline.workspace.run_history import past_runs

    return past_runs(root)


def _told(run: PastRun) -> list[str]:
    from distilabel._engine.reporting.formatting import format_duration, format_money

    report = run.report
    if report is None:
        return [run.outcome, *["-"] * 6]
    steps = report["steps"].values()
    asked, reused = (sum(step[name] for step in steps) for name in ("answered", "reused"))
    counts = [report["rows"], report["failures"], asked, reused]
    took = format_duration(report["seconds"])
    return [run.outcome, *(f"{count:,}" for count in counts), format_money(report["cost"]), took]

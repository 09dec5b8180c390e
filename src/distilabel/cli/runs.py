"""`distilabel run list` and `distilabel run show`: past runs and their reports."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Final, Optional

import typer

from distilabel.cli.errors import report_errors
from distilabel.cli.output import say

if TYPE_CHECKING:
    from distilabel.pipeline.workspace.run_history import PastRun

app = typer.Typer(help="Show past runs.", no_args_is_help=True, pretty_exceptions_enable=False)

CacheDir = Annotated[
    Optional[Path],
    typer.Option(
        help="Cache directory. Defaults to DISTILABEL_CACHE_DIR, or ~/.cache/distilabel/pipelines."
    ),
]

# Ends a message about nothing found.
OTHER_DIRECTORY: Final = "For another cache directory, use --cache-dir."


@app.command("list")
def list_runs(
    pipeline: Annotated[
        Optional[str], typer.Argument(help="Show only runs of this pipeline.")
    ] = None,
    cache_dir: CacheDir = None,
    most: Annotated[
        int, typer.Option("--most", min=1, help="Maximum number of runs to show.")
    ] = 20,
) -> None:
    """List past runs, most recent last."""
    from distilabel.cli.tables import format_time, print_table

    root = _root(cache_dir)
    with report_errors():
        runs = [run for run in _runs(root) if pipeline in (None, run.pipeline)]
    if not runs:
        of = f" of {pipeline!r}" if pipeline is not None else ""
        say(f"No runs{of} in {root}. {OTHER_DIRECTORY}")
        return
    heads = ["run", "started", "pipeline", "outcome", "rows", "failed", "asked", "reused", "cost"]
    print_table(
        [*heads, "duration"],
        [
            [each.id, format_time(each.started), each.pipeline, *_outcome(each)]
            for each in runs[-most:]
        ],
    )
    if len(runs) > most:
        say(f"{len(runs) - most} earlier runs not shown. Use --most {len(runs)} for all.")


@app.command()
def show(
    run: Annotated[
        str, typer.Argument(help="Id of the run, or its first characters; `last` is the latest.")
    ],
    cache_dir: CacheDir = None,
) -> None:
    """Show the report of a run and the location of its files."""
    from distilabel.pipeline.workspace.run_history import find_run

    with report_errors():
        only = find_run(_root(cache_dir), run)
    started = f"started {only.started:%Y-%m-%d %H:%M:%S}"
    say(f"{only.id}: {only.pipeline}, {started}, {only.outcome}")
    say(f"Files: {only.folder}")
    if only.report is not None and only.report.get("error"):
        say(f"Error: {only.report['error']}", color=typer.colors.RED)
    if only.text:
        say(f"\n{only.text}")


def _root(cache_dir: Path | None) -> Path:
    from distilabel.pipeline.workspace.run_directory import cache_directory

    # Absolute, so that messages tell where a relative one is.
    return cache_directory(cache_dir).absolute()


def _runs(root: Path) -> list[PastRun]:
    from distilabel.pipeline.workspace.run_history import past_runs

    return past_runs(root)


def _outcome(run: PastRun) -> list[str]:
    """Returns the cells from `outcome` to `duration`."""
    from distilabel._engine.reporting.formatting import format_duration, format_money

    report = run.report
    if report is None:
        return [run.outcome, *["-"] * 6]
    steps = report["steps"].values()
    asked, reused = (sum(step[name] for step in steps) for name in ("answered", "reused"))
    counts = [report["rows"], report["failures"], asked, reused]
    took = format_duration(report["seconds"])
    return [run.outcome, *(f"{count:,}" for count in counts), format_money(report["cost"]), took]

"""`distilabel review`: pages where people judge rows; and `distilabel review export`."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Final, List, Optional

import typer
from typer.core import TyperGroup

from distilabel.cli.errors import fail, report_errors
from distilabel.cli.output import say
from distilabel.cli.runs import CacheDir

_OPEN: Final = "open"


if TYPE_CHECKING:
    from distilabel.review.live import Run


class _OpensByDefault(TyperGroup):
    """Takes `distilabel review PATH` as `distilabel review open PATH`."""

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        if args and args[0] not in (*self.commands, "--help"):
            args = [_OPEN, *args]
        return super().parse_args(ctx, args)


app = typer.Typer(
    cls=_OpensByDefault,
    help="Look at rows, judge them and see how far people and judges agree: "
    "`distilabel review PATH`.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
)

Data = Annotated[
    str,
    typer.Argument(
        help="Directory of a distiset or a run, Parquet file or folder of them, id of a run, or "
        "`last` for the latest one."
    ),
]
ReviewFileOption = Annotated[
    Optional[Path],
    typer.Option("--file", help="Review file. Defaults to review.sqlite beside the data."),
]


@app.command(_OPEN)
def open_pages(
    data: Data,
    file: ReviewFileOption = None,
    port: Annotated[int, typer.Option(help="Port of the pages; 0 for any free one.")] = 0,
    host: Annotated[str, typer.Option(help="Address to listen on.")] = "127.0.0.1",
    annotator: Annotated[
        Optional[List[str]],
        typer.Option(
            help="Name of a person who gets an address of their own. Can be repeated.",
        ),
    ] = None,
    per_row: Annotated[
        Optional[int], typer.Option(min=1, max=10, help="How many people judge each row.")
    ] = None,
    allow_host: Annotated[
        Optional[List[str]],
        typer.Option(help="Further host name under which the pages are reached."),
    ] = None,
    open_browser: Annotated[
        bool, typer.Option("--open/--no-open", help="Whether to open the pages in the browser.")
    ] = True,
    cache_dir: CacheDir = None,
) -> None:
    """Open the pages where people judge rows."""
    from distilabel.review.live import add_live_pages
    from distilabel.review.rows.sources import open_tables
    from distilabel.review.start import start_review

    with report_errors():
        path = _path_of(data, cache_dir)
        server = start_review(
            open_tables(path),
            file or default_file(path),
            host=host,
            port=port,
            people=annotator or [],
            per_row=per_row,
            hosts=allow_host or [],
            extend=lambda app: add_live_pages(app, lambda: _runs(cache_dir)),
        )
    for person, url in server.urls.items():
        say(f"{person or 'Review'}: {url}")
    if host not in ("127.0.0.1", "localhost", "::1"):
        say("The pages are served over plain HTTP: others in the network can read along.", err=True)
    say("Answers are stored as you go. Ctrl-C ends the review.")
    if open_browser and _has_desktop():
        import webbrowser

        webbrowser.open(server.url)
    try:
        server.wait()
    except KeyboardInterrupt:
        server.stop()


@app.command()
def export(
    data: Data,
    output: Annotated[Path, typer.Argument(help="File to write: .parquet or .jsonl.")],
    file: ReviewFileOption = None,
    source: Annotated[
        Optional[str], typer.Option(help="Table, if there are several, like default-train.")
    ] = None,
    resolve: Annotated[
        str, typer.Option(help="median, majority, first or none: several people's answers.")
    ] = "median",
    numbers: Annotated[
        bool, typer.Option("--numbers", help="Labels become their positions, lowest first.")
    ] = False,
    into_ratings: Annotated[
        bool,
        typer.Option(
            "--into-ratings",
            help="`ratings` are those of people, and the judge's where there is none, which stay "
            "as `judge_ratings`.",
        ),
    ] = False,
    drop_flagged: Annotated[
        bool, typer.Option("--drop-flagged", help="Leave out rows that a person flagged.")
    ] = False,
    all_rows: Annotated[
        bool, typer.Option("--all", help="Keep the rows without an answer too.")
    ] = False,
    cache_dir: CacheDir = None,
) -> None:
    """Write rows with people's answers in the columns `human_*`."""
    from distilabel.review.export import export_file

    if output.suffix not in (".parquet", ".jsonl"):
        fail(f"{output} must end in .parquet or .jsonl.")
    with report_errors():
        path = _path_of(data, cache_dir)
        count = export_file(
            path,
            file or default_file(path),
            output,
            source=source,
            resolve=resolve,
            numbers=numbers,
            into_ratings=into_ratings,
            drop_flagged=drop_flagged,
            reviewed_only=not all_rows,
        )
    say(f"{count:,} rows in {output}")


def _runs(cache_dir: Path | None) -> list[Run]:
    """Returns the runs of the cache directory, as the live pages show them."""
    from distilabel.pipeline.workspace.run_directory import cache_directory
    from distilabel.pipeline.workspace.run_history import past_runs
    from distilabel.review.live import Run

    runs = past_runs(cache_directory(cache_dir).absolute())
    return [Run(each.id, each.pipeline, each.outcome, each.folder) for each in runs]


def _path_of(data: str, cache_dir: Path | None) -> Path:
    if data != "last" and Path(data).exists():
        return Path(data)
    if data != "last" and (os.sep in data or "." in data):
        fail(f"{data} does not exist.")
    from distilabel.pipeline.workspace.run_directory import cache_directory
    from distilabel.pipeline.workspace.run_history import find_run

    return find_run(cache_directory(cache_dir).absolute(), data).folder


def default_file(path: Path) -> Path:
    """Returns the review file of data: in its directory, or beside the file."""
    return path / "review.sqlite" if path.is_dir() else path.with_suffix(".review.sqlite")


def _has_desktop() -> bool:
    """Whether a browser with windows can be opened, unlike one in this terminal."""
    return sys.platform in ("darwin", "win32") or any(
        os.environ.get(name) for name in ("DISPLAY", "WAYLAND_DISPLAY")
    )

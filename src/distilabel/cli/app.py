"""The command `distilabel`: registers its subcommands."""

from __future__ import annotations

from typing import Annotated

import typer

from distilabel.cli.cache import app as cache
from distilabel.cli.demo import demo
from distilabel.cli.export import export
from distilabel.cli.judge import app as judge
from distilabel.cli.new import new
from distilabel.cli.pipeline import app as pipeline
from distilabel.cli.provenance import app as provenance
from distilabel.cli.review import app as review
from distilabel.cli.runs import app as runs
from distilabel.cli.simulate import simulate
from distilabel.cli.task import app as task

app = typer.Typer(
    name="distilabel",
    help="Create datasets with and for language models.",
    no_args_is_help=True,
    # Commands report errors in one message; any other exception is a bug and keeps its traceback.
    pretty_exceptions_enable=False,
)


def _print_version(wanted: bool) -> None:
    if wanted:
        from distilabel import __version__

        typer.echo(f"distilabel {__version__}")
        raise typer.Exit


@app.callback()
def main(
    version: Annotated[
        bool,
        typer.Option(
            "--version", callback=_print_version, is_eager=True, help="Show the version and exit."
        ),
    ] = False,
) -> None:
    """Create datasets with and for language models."""


app.command()(demo)
app.command()(new)
app.add_typer(pipeline, name="pipeline")
app.add_typer(runs, name="run")
app.add_typer(review, name="review")
app.add_typer(cache, name="cache")
app.add_typer(task, name="task")
app.add_typer(provenance, name="provenance")
app.command()(export)
app.add_typer(judge, name="judge")
app.command()(simulate)

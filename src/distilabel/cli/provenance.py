"""`distilabel provenance export`: writes how a dataset was made, in the formats of others."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Optional

import typer

from distilabel.cli.errors import report_errors
from distilabel.cli.export import Source
from distilabel.cli.output import say
from distilabel.cli.runs import CacheDir

app = typer.Typer(
    help="Show how a dataset was made.", no_args_is_help=True, pretty_exceptions_enable=False
)


@app.callback()
def provenance() -> None:
    """Show how a dataset was made."""


@app.command()
def export(
    source: Source,
    output: Annotated[
        Optional[Path],
        typer.Option("--output", "-o", help="Folder for the files; by default SOURCE/provenance."),
    ] = None,
    properties: Annotated[
        Optional[Path],
        typer.Option(
            help="JSON file of properties that only you know: license, creator, url, "
            "rai:dataUseCases and others of Croissant."
        ),
    ] = None,
    cache_dir: CacheDir = None,
) -> None:
    """Write croissant.json, training-content.md and the rows as Parquet files.

    croissant.json is the description in Croissant 1.1 with RAI and PROV fields. training-content.md
    is a draft for the section on synthetic data of the EU's summary of training content.
    """
    from distilabel._distiset.provenance_files import write_provenance
    from distilabel.pipeline.workspace.run_directory import cache_directory
    from distilabel.pipeline.workspace.saved_distiset import open_distiset

    with report_errors():
        distiset, _ = open_distiset(source, cache_directory(cache_dir))
        folder = output or Path(source if Path(source).is_dir() else ".") / "provenance"
        files, missing = write_provenance(distiset, folder, properties)
    for file in files:
        say(str(file))
    if missing:
        say(
            f"To be completed in croissant.json, or given with --properties: {', '.join(missing)}.",
            err=True,
            color=typer.colors.YELLOW,
        )

"""`distilabel export`: writes the rows of a distiset to files that other programs read."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from distilabel.cli.errors import report_errors
from distilabel.cli.output import say
from distilabel.cli.runs import CacheDir

Source = Annotated[
    str,
    typer.Argument(
        help="Folder of a saved distiset, run directory, or id of a run; `last` is the latest run."
    ),
]


class Format(StrEnum):
    """File formats."""

    parquet = "parquet"
    jsonl = "jsonl"
    csv = "csv"
    openai = "openai"
    axolotl = "axolotl"
    llamafactory = "llamafactory"


def export(
    source: Source,
    to: Annotated[Format, typer.Option("--to", help="Format of the files.")],
    output: Annotated[Path, typer.Option("--output", "-o", help="Folder for the files.")],
    cache_dir: CacheDir = None,
) -> None:
    """Write the rows of a distiset to files, one per split.

    `openai`, `axolotl` and `llamafactory` are JSON Lines of conversations for fine-tuning. Of a run
    that was killed or is still going on, the rows written so far are exported.
    """
    from distilabel.pipeline.workspace.run_directory import cache_directory
    from distilabel.pipeline.workspace.saved_distiset import open_distiset

    with report_errors():
        distiset, is_whole = open_distiset(source, cache_directory(cache_dir))
        files = distiset.export(output, to.value)
    for file in files:
        say(str(file))
    if not is_whole:
        say(
            "The run has not finished: these are the rows that it had written.",
            err=True,
            color=typer.colors.YELLOW,
        )

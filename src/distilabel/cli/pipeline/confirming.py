"""Asks for confirmation before a pipeline from the web or the Hub is used."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Dict

import typer

from distilabel._core.printable import printable
from distilabel.cli.output import say
from distilabel.cli.pipeline.access import accesses

if TYPE_CHECKING:
    from distilabel.pipeline.base import BasePipeline


def confirm(text: str, question: str) -> None:
    """Asks a question and exits unless the answer is yes.

    Args:
        text: What to know before answering.
        question: Question with the answers yes and no.
    """
    text = printable(text)
    answer = typer.prompt(f"{text} {question} [y/N]", default="n", show_default=False, err=True)
    if answer.strip().lower() not in ("y", "yes"):
        say("Nothing was run.", err=True)
        raise typer.Exit


def confirm_addresses(pipeline: BasePipeline, parameters: Dict[str, Any]) -> None:
    """Asks whether a downloaded file may read files, send rows and use tokens as it sets out to.

    Args:
        pipeline: Pipeline built from the file.
        parameters: Runtime parameters of the run; what they set is the user's own choice.
    """
    lines = [
        f"  {line}"
        for name, step in pipeline._steps.items()
        for line in accesses(name, step, parameters.get(name))
    ]
    if lines:
        what = "The file makes the pipeline use files, addresses or tokens:"
        confirm("\n".join([what, *lines, ""]), "Continue?")

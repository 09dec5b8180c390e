"""Asks for confirmation before a pipeline from the web or the Hub is used."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any, Dict

import typer

from distilabel._core.printable import printable
from distilabel._core.redaction import redact_urls
from distilabel.cli.pipeline.remote import is_local

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
        typer.echo("Nothing was run.", err=True)
        raise typer.Exit


def confirm_urls(pipeline: BasePipeline, parameters: Dict[str, Any]) -> None:
    """Asks whether rows and keys may be sent to the URLs that a downloaded file sets.

    Args:
        pipeline: Pipeline built from the file.
        parameters: Runtime parameters of the run; a URL among them is the user's own choice.
    """
    urls = [
        f"  {name}: {redact_urls(url)}"
        for name, step in pipeline._steps.items()
        for url in _custom_urls(step, parameters.get(name, {}))
        if not is_local(url)
    ]
    if urls:
        lines = "\n".join(urls)
        what = "The file makes these steps send rows, and keys from your environment, to:"
        confirm(f"{what}\n{lines}\n", "Continue?")


def _custom_urls(component: Any, given: Any) -> Iterator[str]:
    """Yields the URLs of a component and its nested ones that are not defaults of their class.

    Args:
        component: A step or a model.
        given: Its runtime parameters of the run; a URL among them is the user's own choice.
    """
    given = given if isinstance(given, dict) else {}
    for name, field in type(component).model_fields.items():
        value = component.__dict__[name]
        is_url = "url" in name and isinstance(value, str) and name not in given
        if is_url and value != field.get_default(call_default_factory=True):
            yield value
    for name, value in component._nested().items():
        inner = given.get(name)
        if isinstance(value, dict):
            for number, item in value.items():
                yield from _custom_urls(
                    item, inner.get(number) if isinstance(inner, dict) else None
                )
        else:
            yield from _custom_urls(value, inner)

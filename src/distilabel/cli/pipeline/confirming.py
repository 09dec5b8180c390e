"""What a person has to say yes to before something from elsewhere is used."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any, Dict

import typer

from distilabel._core.redaction import redact_urls
from distilabel.cli.pipeline.remote import is_here

if TYPE_CHECKING:
    from distilabel.pipeline.base import BasePipeline


def confirm(text: str, question: str) -> None:
    """Asks, and leaves the program where the answer is not yes.

    Args:
        text: what is to be known.
        question: answered with `y` or anything else.
    """
    answer = typer.prompt(f"{text} {question} [y/N]", default="n", show_default=False, err=True)
    if answer.strip().lower() not in ("y", "yes"):
        typer.echo("Nothing was run.", err=True)
        raise typer.Exit


def confirm_addresses(pipeline: BasePipeline, parameters: Dict[str, Any]) -> None:
    """Has a person agree to the addresses that a file from elsewhere sends rows and keys to.

    Args:
        pipeline: made from the file.
        parameters: of this run; an address among them was given by the person.
    """
    told = [
        f"  {name}: {redact_urls(url)}"
        for name, step in pipeline._steps.items()
        for url in _addresses(step, parameters.get(name, {}))
        if not is_here(url)
    ]
    if told:
        lines = "\n".join(told)
        what = "The file sends rows, and keys of your environment, to addresses of its own:"
        confirm(f"{what}\n{lines}\n", "Go on?")


def _addresses(component: Any, given: Any) -> Iterator[str]:
    """The addresses in a component, and in those in it, that are not the defaults of its class.

    Args:
        component: a step or a model.
        given: its parameters of this run; an address among them was given by the person.
    """
    given = given if isinstance(given, dict) else {}
    for name, field in type(component).model_fields.items():
        value = component.__dict__[name]
        is_address = "url" in name and isinstance(value, str) and name not in given
        if is_address and value != field.get_default(call_default_factory=True):
            yield value
    for name, value in component._nested().items():
        inner = given.get(name)
        if isinstance(value, dict):
            for number, item in value.items():
                yield from _addresses(item, inner.get(number) if isinstance(inner, dict) else None)
        else:
            yield from _addresses(value, inner)

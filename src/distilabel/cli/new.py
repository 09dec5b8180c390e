"""`distilabel new`: a starter project that runs as it is. Its files are templates in `starter/`."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Annotated

import typer

from distilabel.cli.failing import leave, one_message

_STARTER = Path(__file__).with_name("starter")


def new(
    folder: Annotated[Path, typer.Argument(help="Folder to make; its name is the pipeline's.")],
) -> None:
    """Writes a starter project: a pipeline that runs, a README and a Makefile."""
    if folder.exists() and (not folder.is_dir() or list(folder.iterdir())):
        leave(f"{folder} is there already: give a folder that is new or empty.")
    name = re.sub(r"[^a-zA-Z0-9_-]+", "-", folder.resolve().name).strip("-")
    if not name:
        leave(f"{folder} makes no name for a pipeline: use letters, digits, - and _.")
    with one_message():
        files = written(folder, name)
    typer.echo(f"Made {folder}:")
    for file in files:
        typer.echo(f"  {file.relative_to(folder)}")
    typer.echo(f"Next: cd {folder} && make run")


def written(folder: Path, name: str) -> list[Path]:
    """Writes the files of the project and gives their paths.

    Args:
        folder: where; made if it is not there.
        name: of the pipeline.
    """
    from jinja2 import Environment, FileSystemLoader, StrictUndefined

    environment = Environment(
        loader=FileSystemLoader(_STARTER), undefined=StrictUndefined, keep_trailing_newline=True
    )
    folder.mkdir(parents=True, exist_ok=True)
    files = []
    for template in sorted(environment.list_templates(extensions=["jinja"])):
        file = folder / template.removesuffix(".jinja")
        text = environment.get_template(template).render(name=name, title=name.replace("-", " "))
        file.write_text(text, encoding="utf-8")
        files.append(file)
    return files

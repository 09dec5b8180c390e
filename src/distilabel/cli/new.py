"""`distilabel new`: a starter project that runs as it is. Its files are templates in `starter/`."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Annotated

import typer

from distilabel.cli.errors import fail, report_errors
from distilabel.cli.output import say

_TEMPLATES = Path(__file__).with_name("starter")


def new(
    folder: Annotated[
        Path, typer.Argument(help="Directory to create. Its name becomes the pipeline's name.")
    ],
) -> None:
    """Create a starter project: a pipeline that runs, a README and a Makefile."""
    if folder.exists() and (not folder.is_dir() or list(folder.iterdir())):
        fail(f"{folder} already exists. Give a directory that is new or empty.")
    name = re.sub(r"[^a-zA-Z0-9_-]+", "-", folder.resolve().name).strip("-")
    if not name:
        fail(f"{folder} is not a valid pipeline name. Use letters, digits, - and _.")
    with report_errors():
        files = write_project(folder, name)
    say(f"Created {folder}:")
    for file in files:
        say(f"  {file.relative_to(folder)}")
    say(f"Next: cd {folder} && make run")


def write_project(folder: Path, name: str) -> list[Path]:
    """Writes the files of a starter project.

    Args:
        folder: Directory of the project; created if it does not exist.
        name: Name of the pipeline.

    Returns:
        Paths of the files.
    """
    from jinja2 import Environment, FileSystemLoader, StrictUndefined

    environment = Environment(
        loader=FileSystemLoader(_TEMPLATES), undefined=StrictUndefined, keep_trailing_newline=True
    )
    folder.mkdir(parents=True, exist_ok=True)
    files = []
    for template in sorted(environment.list_templates(extensions=["jinja"])):
        file = folder / template.removesuffix(".jinja")
        text = environment.get_template(template).render(name=name, title=name.replace("-", " "))
        file.write_text(text, encoding="utf-8")
        files.append(file)
    return files

"""The prompts of the built-in tasks: Jinja files in `prompts/`, compiled on first use."""

from __future__ import annotations

from functools import cache, lru_cache
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from jinja2 import Environment, Template


@lru_cache(maxsize=1)
def _environment() -> Environment:
    from jinja2 import Environment, FileSystemLoader, StrictUndefined

    return Environment(
        loader=FileSystemLoader(Path(__file__).with_name("prompts")),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        auto_reload=False,
    )


@cache
def load_prompt(path: str) -> Template:
    """Returns a compiled prompt.

    Rendering it raises `jinja2.UndefinedError` if a variable of the prompt has no value.

    Args:
        path: Path of the file within `prompts/`.

    Raises:
        TemplateNotFound: If there is no such file.
    """
    return _environment().get_template(path)


def prompt_text(path: str) -> str:
    """Returns the text of a prompt that is a template for others to fill.

    Args:
        path: Path of the file within `prompts/`.
    """
    file = Path(__file__).with_name("prompts") / path
    return file.read_text(encoding="utf-8").strip()

"""The prompts of the built-in tasks: Jinja files in `prompts/`, compiled when first used.

Knows files, not tasks.
"""

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
def prompt(path: str) -> Template:
    """A prompt, ready to be rendered; a value that it is not given is an error.

    Args:
        path: of the file within `prompts/`.

    Raises:
        TemplateNotFound: there is no such file.
    """
    return _environment().get_template(path)

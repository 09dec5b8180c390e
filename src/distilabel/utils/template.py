"""Jinja templates that a user gives a task. Knows text and column names, no rows.

They run in a sandbox: a template may come out of the file of someone else's pipeline.
"""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING, Set

from distilabel.errors import DistilabelUserError

if TYPE_CHECKING:
    from jinja2 import Environment, Template


@lru_cache(maxsize=1)
def _environment() -> Environment:
    from jinja2.sandbox import SandboxedEnvironment

    return SandboxedEnvironment()


@lru_cache(maxsize=256)
def compiled(template: str) -> Template:
    """The template, ready to be rendered.

    Raises:
        TemplateSyntaxError: it is no Jinja template.
    """
    return _environment().from_string(template)


def columns_of(template: str) -> Set[str]:
    """The names that a template expects to be given.

    Raises:
        DistilabelUserError: it is no Jinja template.
    """
    from jinja2 import TemplateSyntaxError
    from jinja2.meta import find_undeclared_variables

    try:
        return find_undeclared_variables(_environment().parse(template))
    except TemplateSyntaxError as error:
        raise DistilabelUserError(
            f"The template is no Jinja template (line {error.lineno}: {error.message})."
        ) from error


def variables_of(template: str) -> Set[str]:
    """The names that a template takes from a row: what Jinja itself has is not among them.

    Raises:
        DistilabelUserError: it is no Jinja template.
    """
    return columns_of(template) - set(_environment().globals)


def check_column_in_template(
    column: str, template: str, page: str = "components-gallery/tasks/textgeneration/"
) -> None:
    """Makes sure that a template uses a column.

    Args:
        column: the column.
        template: the Jinja template.
        page: of the documentation, to be named in the error.

    Raises:
        DistilabelUserError: the template does not use it, or is no Jinja template.
    """
    used = columns_of(template)
    if column not in used:
        raise DistilabelUserError(
            f"The column {column!r} is not in the template, which uses "
            f"{', '.join(sorted(used)) or 'no column'}: write {{{{ {column} }}}} into it, or take "
            "the column out of `columns`.",
            page=page,
        )

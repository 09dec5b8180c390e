"""Compiles and checks the Jinja templates that users pass to tasks.

They run in a sandbox, because a template may come from a downloaded pipeline file. It is the
immutable one: a template cannot change the rows it shows.
"""

from __future__ import annotations

from collections.abc import Sequence
from difflib import get_close_matches
from functools import lru_cache
from typing import TYPE_CHECKING, Any, Set

from distilabel.errors import DistilabelUserError

if TYPE_CHECKING:
    from jinja2 import Environment, Template


@lru_cache(maxsize=1)
def _environment() -> Environment:
    from jinja2.sandbox import ImmutableSandboxedEnvironment

    return ImmutableSandboxedEnvironment()


@lru_cache(maxsize=1)
def _strict_environment() -> Environment:
    def refuse_none(value: object) -> object:
        if value is None:
            raise NoneIsWritten
        return value

    return _environment().overlay(finalize=refuse_none)


class NoneIsWritten(Exception):
    """Raised when a template writes a value that is None."""


@lru_cache(maxsize=256)
def compile_template(template: str) -> Template:
    """Returns a compiled template.

    Args:
        template: Jinja template.

    Raises:
        TemplateSyntaxError: If the template is not valid.
    """
    return _environment().from_string(template)


def writes_none(template: str, values: dict[str, Any]) -> bool:
    """Returns True if a template writes "None" because a value is None, instead of testing for it.

    Args:
        template: Jinja template.
        values: Values of its variables.
    """
    try:
        _strict_environment().from_string(template).render(values)
    except NoneIsWritten:
        return True
    return False


def template_variables(template: str) -> Set[str]:
    """Returns the variables of a template, including Jinja's own such as `range`.

    Args:
        template: Jinja template.

    Raises:
        DistilabelUserError: If the template is not valid.
    """
    from jinja2 import TemplateSyntaxError
    from jinja2.meta import find_undeclared_variables

    try:
        return find_undeclared_variables(_environment().parse(template))
    except TemplateSyntaxError as error:
        raise DistilabelUserError(
            f"the template is not valid Jinja (line {error.lineno}: {error.message})."
        ) from error


def column_variables(template: str) -> Set[str]:
    """Returns the variables of a template that must come from the columns of a row.

    Args:
        template: Jinja template.

    Raises:
        DistilabelUserError: If the template is not valid.
    """
    return template_variables(template) - set(_environment().globals)


def check_template_variables(template: str, columns: Sequence[str], task: str) -> None:
    """Checks that all variables of a template are columns.

    Args:
        template: Jinja template.
        columns: Columns that the template may use.
        task: Name of the task, for the error.

    Raises:
        DistilabelUserError: A variable is not a column, or the template is not valid.
    """
    used = column_variables(template)
    unknown = sorted(used - {*columns})
    if not unknown:
        return
    names = [name for name in columns if name in used] + unknown
    many = len(unknown) > 1
    raise DistilabelUserError(
        f"{task}: the template uses {', '.join(map(repr, unknown))}, which "
        f"{'are' if many else 'is'} not in `columns` ({', '.join(map(repr, columns)) or 'empty'}) "
        f"and would be empty. Set columns={names}, or correct the template"
        + "".join(_spelling(name, columns) for name in unknown)
        + "."
    )


def _spelling(name: str, columns: Sequence[str]) -> str:
    close = get_close_matches(name, columns, n=1)
    return f" ({name!r}: did you mean {close[0]!r}?)" if close else ""


def check_column_in_template(column: str, template: str, page: str | None = None) -> None:
    """Checks that a template uses a column.

    Args:
        column: Column to look for.
        template: Jinja template.
        page: Documentation page that the error refers to; None for none.

    Raises:
        DistilabelUserError: If the template does not use the column, or is not valid.
    """
    used = template_variables(template)
    if column not in used:
        raise DistilabelUserError(
            f"the template does not use column {column!r}; it uses "
            f"{', '.join(sorted(used)) or 'no column'}. Add {{{{ {column} }}}} to the template, or "
            "remove the column from `columns`.",
            page=page,
        )

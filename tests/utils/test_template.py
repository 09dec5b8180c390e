"""Templates of users: a column that a template does not use is found before the run."""

from __future__ import annotations

import pytest
from jinja2.exceptions import SecurityError

from distilabel.errors import DistilabelUserError
from distilabel.utils.template import check_column_in_template, compile_template


@pytest.mark.parametrize(
    "template",
    [
        "{{ a }}",
        "{{a}}",
        "{{ a | upper }}",
        "{{ a['k'] }}",
        "{% for x in a %}{{ x }}{% endfor %}",
        "{%- if a -%}yes{%- endif -%}",
    ],
)
def test_every_way_to_use_a_column(template: str) -> None:
    check_column_in_template("a", template)


@pytest.mark.parametrize("template", ["{{ b }}", "a", "{{ ab }}", "{% for a in b %}{% endfor %}"])
def test_an_unused_column_is_named_with_the_page(template: str) -> None:
    with pytest.raises(DistilabelUserError, match=r"(?s)'a'.*some/page"):
        check_column_in_template("a", template, page="some/page")
    with pytest.raises(DistilabelUserError, match=r"\A(?!.*http)"):
        check_column_in_template("a", template)


def test_invalid_templates_are_rejected() -> None:
    with pytest.raises(DistilabelUserError, match="not valid Jinja"):
        check_column_in_template("a", "{{ a ")


def test_a_template_cannot_change_the_rows_it_shows() -> None:
    row = {"a": ["x"], "b": {"k": 1}}
    for template in ("{{ a.append('y') }}", "{{ b.update(k=2) }}", "{{ b.clear() }}"):
        with pytest.raises(SecurityError):
            compile_template(template).render(row)
    assert row == {"a": ["x"], "b": {"k": 1}}


def test_templates_run_in_a_sandbox() -> None:
    with pytest.raises(SecurityError):
        compile_template("{{ a.__class__.__mro__[1].__subclasses__() }}").render(a="x")

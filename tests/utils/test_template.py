"""Templates of users: a column that a template does not use is found before the run."""

from __future__ import annotations

import pytest
from jinja2.exceptions import SecurityError

from distilabel.errors import DistilabelUserError
from distilabel.utils.template import (
    check_column_in_template,
    check_template_variables,
    compile_template,
    writes_none,
)


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


@pytest.mark.parametrize(
    "template",
    [
        "{{ b }}",
        "{% if b %}x{% endif %}{{ a }}",
        "{% for x in b %}{{ x }}{% endfor %}",
        "{{ a | replace('x', b) }}",
        "{{ b.c.d }}",
        "{{ b['c'] }}",
        "{{ a ~ b }}",
        "{{ a | default(b) }}",
        "{% set c = b %}{{ c }}",
    ],
)
def test_a_variable_that_is_not_a_column_is_refused_with_the_cure(template: str) -> None:
    with pytest.raises(DistilabelUserError, match="uses 'b', which is not in") as caught:
        check_template_variables(template, ["a"], "t")
    wanted = "['a', 'b']" if "{ a" in template else "['b']"
    assert f"Set columns={wanted}" in str(caught.value)


@pytest.mark.parametrize(
    "template",
    [
        "{{ a }} {{ range(3) | list }}",
        "{% for x in a %}{{ loop.index }}{{ x.b }}{% endfor %}",
        "{% set b = 1 %}{{ b }}{{ a }}",
        "{% macro m(b) %}{{ b }}{% endmacro %}{{ m(a) }}",
    ],
)
def test_variables_of_the_template_itself_are_not_columns(template: str) -> None:
    check_template_variables(template, ["a"], "t")


def test_a_misspelt_variable_is_recognized() -> None:
    with pytest.raises(DistilabelUserError, match=r"'instrution': did you mean 'instruction'\?"):
        check_template_variables("{{ instrution }}", ["instruction"], "t")


@pytest.mark.parametrize(
    ("template", "written"),
    [
        ("{{ a }}", True),
        ("{% for x in b %}{{ x }}{% endfor %}", True),
        ("{% if a %}{{ a }}{% endif %}", False),
        ("{{ a or 'nothing' }}", False),
        ("{% if a is none %}x{% endif %}", False),
    ],
)
def test_it_is_known_whether_a_template_writes_none(template: str, written: bool) -> None:
    assert writes_none(template, {"a": None, "b": [1, None]}) is written

"""Docstrings, section by section, as cards and `distilabel pipeline info` show them."""

from __future__ import annotations

from typing import Any

import pytest

from distilabel.utils.docstring import parse_google_docstring
from written import builtins


def documented() -> None:
    """Does something.

    It does it
    twice.

    Args:
        first: A text that goes on
            in the next line: with a colon.
        *rest: The others.
        `quoted` (int): With a type.

    Attributes:
        size: How large.

    Input columns:
        - text (str, optional): The text.
        - other-one (List[str]): Another.

    Raises:
        ValueError: If it is wrong.

    Categories:
        - load
        - save

    References:
        - [A paper: with a title](https://arxiv.org/abs/1)

    Citations:
        ```bibtex
        @misc{one,
            title={One},
        }
        ```

        ```
        @misc{two}
        ```

    Examples:
        Use it:

        ```python
        if True:
            documented()
        ```
    """


def test_every_section_in_its_own_form() -> None:
    parsed = parse_google_docstring(documented)
    assert parsed["short_description"] == "Does something."
    assert parsed["description"] == "It does it\ntwice."
    assert parsed["args"] == {
        "first": "A text that goes on in the next line: with a colon.",
        "*rest": "The others.",
        "quoted": "With a type.",
    }
    assert parsed["attributes"] == {"size": "How large."}
    assert parsed["input_columns"] == {
        "text": ("str, optional", "The text."),
        "other-one": ("List[str]", "Another."),
    }
    assert parsed["raises"] == {"ValueError": "If it is wrong."}
    assert parsed["categories"] == ["load", "save"]
    assert parsed["references"] == {"A paper: with a title": "https://arxiv.org/abs/1"}
    assert parsed["citations"] == ["@misc{one,\n    title={One},\n}", "@misc{two}"]
    assert parsed["examples"].startswith("Use it:\n\n```python\nif True:\n    documented()")


def test_without_a_docstring_there_is_an_empty_description() -> None:
    parsed = parse_google_docstring(lambda: None)
    assert parsed == {"short_description": "", "description": ""}


@pytest.mark.parametrize(
    "name", [n for n, cls in builtins().items() if cls.__module__.startswith("distilabel.steps")]
)
def test_every_built_in_step_documents_all_its_columns(name: str) -> None:
    cls: Any = builtins()[name]
    parsed = parse_google_docstring(cls)
    assert parsed["short_description"].endswith(".")
    for section in ("input_columns", "output_columns"):
        for column, (kind, text) in parsed.get(section, {}).items():
            assert kind, f"{section}: {column} has no type"
            assert text.endswith("."), f"{section}: {column} is cut off: {text!r}"
    own = {n for n, f in cls.model_fields.items() if n in vars(cls).get("__annotations__", {})}
    described = {*parsed.get("attributes", {}), *parsed.get("runtime_parameters", {})}
    undocumented = own - described - {n for n in own if cls.model_fields[n].deprecated}
    assert undocumented <= {"repo_id"}, undocumented

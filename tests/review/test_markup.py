"""Markdown becomes a tree of known elements: nothing of a text becomes a script or a request."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from distilabel.review.markup import MOST_CHARACTERS, code_tree, markdown_tree


def _elements(tree: Any) -> Iterator[list[Any]]:
    for node in tree or []:
        if isinstance(node, list):
            yield node
            yield from _elements(node[2])


def _text(tree: Any) -> str:
    return "".join(n if isinstance(n, str) else _text(n[2]) for n in tree)


def test_a_text_without_markup_is_shown_as_it_is() -> None:
    assert markdown_tree("Just a text.") is None
    assert markdown_tree("*" * (MOST_CHARACTERS + 1)) is None


def test_elements() -> None:
    tree = markdown_tree("# A *b*\n\n- x\n- y\n\n|a|b|\n|-|-:|\n|1|2|\n\n~~no~~ `c`")
    found = [(tag, attributes) for tag, attributes, _ in _elements(tree)]
    assert ("td", {"align": "right"}) in found
    assert {tag for tag, _ in found} == {
        *("h1", "em", "ul", "li", "table", "thead", "tbody", "tr", "th", "td", "p", "s", "code")
    }


@pytest.mark.parametrize(
    "text",
    [
        "<script>alert(1)</script>",
        "<img src=x onerror=alert(1)>",
        "![x](https://evil.example/pixel.png)",
        "[x](javascript:alert(1))",
        "[x](data:text/html,<script>alert(1)</script>)",
        "[x](vbscript:x)",
        "<javascript:alert(1)>",
        '[x](https://ok.example "onmouseover=alert(1)")',
        "[x](//evil.example)",
        "<svg/onload=alert(1)>",
        "[a]: javascript:alert(1)\n[a]",
        "[x](http://[bad)",
    ],
)
def test_nothing_runs_and_nothing_is_fetched(text: str) -> None:
    tree = markdown_tree(text)
    for tag, attributes, _ in _elements(tree):
        assert tag in {"p", "a", "br"}
        assert set(attributes) <= {"href", "host"}
        assert attributes.get("href", "https://").startswith(("http://", "https://"))


def test_a_link_tells_its_host() -> None:
    [[_, attributes, _]] = [e for e in _elements(markdown_tree("[bank](https://x.evil/a)"))][1:]
    assert attributes == {"href": "https://x.evil/a", "host": "x.evil"}


def test_code_is_colored_and_stays_the_same_text() -> None:
    code = 'def f():\n    return "x"  # why\n'
    tree = code_tree(code, "python")
    assert _text(tree) == code
    kinds = {attributes["kind"] for _, attributes, _ in _elements(tree)}
    assert kinds == {"keyword", "name", "string", "comment"}
    assert code_tree(code, "no such language") == [code]
    assert code_tree("x", "") == ["x"]

"""Protects Markdown around values of rows: whatever they hold, they stay where they were put."""

from __future__ import annotations

from markdown_it import MarkdownIt

from distilabel._distiset.markdown import code, code_block, escaped, shortened, table

HOSTILE = ["a | b", "`x` ``y``", "<b>&amp;", "*a* _b_ [c](d)", "# a\n- b", "```\n</details>"]


def rendered(text: str) -> str:
    return str(MarkdownIt("commonmark").enable("table").render(text))


def test_values_show_as_they_are_in_tables() -> None:
    for value in HOSTILE:
        html = rendered(table(["a", ">b"], [[code(value), escaped(value)]]))
        assert html.count("<td") == 2
        for tag in ("<b>", "<em>", "<a ", "<li>", "<details"):
            assert tag not in html
        assert 'style="text-align:right"' in html


def test_code_blocks_end_where_they_should() -> None:
    for value in HOSTILE:
        html = rendered(f"{code_block(value, 'text')}\n\nafter")
        assert html.count("<pre>") == 1
        assert html.endswith("<p>after</p>\n")


def test_texts_are_shortened() -> None:
    assert shortened("abc", 3) == "abc"
    assert shortened("ab c", 3) == "ab…"
    assert code("") == ""

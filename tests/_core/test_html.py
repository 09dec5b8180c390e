"""Protects notebooks: the text of rows is shown as text, whatever it contains."""

from __future__ import annotations

from distilabel._core.html import html_table, html_text


def test_text_is_never_markup() -> None:
    html = html_table([["<i>", "<script>x</script>"], ["&", '"a"']]) + html_text("<img src=x>")
    for mark in ("<i>", "<script", "<img"):
        assert mark not in html
    assert "&lt;script&gt;x&lt;/script&gt;" in html
    assert "&amp;" in html


def test_columns_of_numbers_are_right_aligned() -> None:
    html = html_table([["a", "1,000", "-"], ["b", "$0.50", "2"], ["c", "x", "1"], ["d", "", "1"]])
    heads = html.split("</tr>")[0].split("</th>")
    assert ["right" in head for head in heads[:4]] == [True, True, False, False]
    assert html.count("<tr>") == 3


def test_a_table_without_rows() -> None:
    assert html_table([["a"]]).count("<tr>") == 1

"""A search finds texts wherever they are in a row, and can be stopped."""

from __future__ import annotations

from typing import Any

from distilabel.review.rows.search import search, snippet
from reviewing import in_memory, preference_rows

ROWS: list[dict[str, Any]] = [
    {"texts": ["nothing", "An OWL here"], "chat": [{"role": "user", "content": "no"}], "t": None},
    {"texts": [], "chat": [{"role": "user", "content": "the owl"}], "t": "x"},
    {"texts": None, "chat": None, "t": "owls"},
    {"texts": ["x"], "chat": [], "t": "y"},
]


def test_lists_conversations_and_missing_values_are_searched() -> None:
    [found] = search(in_memory(ROWS), ["texts", "chat", "t"], "owl")
    assert (found.positions, found.read) == ([0, 1, 2], 4)


def test_a_search_reads_no_further_than_it_is_followed() -> None:
    table = in_memory(preference_rows(25_000))
    results = search(table, ["instruction"], "Question 3:")
    assert next(results).positions == [3]
    assert next(results).read == 20_000


def test_the_snippet_shows_the_place() -> None:
    row = {"a": ["nothing"], "b": "x " * 100 + "the Owl hoots" + " y" * 100}
    assert "the Owl hoots" in snippet(row, ["a", "b"], "owl")
    assert snippet(row, ["a"], "owl") == ""

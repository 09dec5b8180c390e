"""Protects the view of a distiset in a notebook: rows are shown as text, in little room."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

from datasets import Dataset, DatasetDict

from distilabel.distiset import Distiset


def test_configurations_rows_failures_and_report_are_shown() -> None:
    rows: list[dict[str, Any]] = [
        {"text": "<script>x</script>" + "y" * 1000, "n": i, "data": b"123", "m": {"a": [None]}}
        for i in range(2000)
    ]
    distiset = Distiset(
        {
            "default": DatasetDict(train=Dataset.from_list(rows)),
            "<b>": Dataset.from_list([{"x": None}]),
        }
    )
    distiset.failures = [{"step": "s"}]
    distiset.report = SimpleNamespace(_repr_html_=lambda: "<p>the report</p>")
    html = distiset._repr_html_()
    assert "distiset[&#x27;default&#x27;][&#x27;train&#x27;]: 2,000 rows" in html
    assert "distiset[&#x27;&lt;b&gt;&#x27;]: 1 row" in html
    assert "&lt;script&gt;" in html
    assert "<script" not in html
    assert "3 bytes" in html
    assert "None" in html
    assert "1 failure" in html
    assert "the report" in html
    assert len(html) < 10_000


def test_empty_ones_are_shown() -> None:
    assert "No rows" in Distiset()._repr_html_()
    empty = Distiset({"default": DatasetDict(train=Dataset.from_dict({"a": []}))})
    assert "0 rows" in empty._repr_html_()

"""Protects the end of the demo: a telling row, and a path that can be copied."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from datasets import Dataset, DatasetDict

from distilabel.cli.demo_view import show
from distilabel.distiset import Distiset


def row(prompt: str, ratings: list[int | None], text: str = "text") -> dict[str, Any]:
    return {
        "prompt": prompt,
        "generation_models": ["simulated/small", "simulated/large"],
        "generations": [text, None],
        "ratings": ratings,
        "rationales": ["because", None],
        "chosen_model": "simulated/small",
    }


def test_the_row_whose_ratings_differ_most_is_shown(capsys: pytest.CaptureFixture[str]) -> None:
    rows = [row("close", [3, 4]), row("apart", [5, 1], "word " * 100), row("unrated", [None, 5])]
    distiset = Distiset({"default": DatasetDict(train=Dataset.from_list(rows))})
    out = Path("a long directory") / ("name" * 30)
    show(distiset, out)
    text = capsys.readouterr().out
    assert "apart" in text
    assert "close" not in text
    assert text.count("word") == 48
    assert "..." in text
    # The path is on one line, however narrow the terminal is.
    assert f"Saved 3 pairs of a chosen and a rejected answer to {out}/\n" in text
    assert f"distilabel demo --out {out}" in text

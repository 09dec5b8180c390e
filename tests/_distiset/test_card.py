"""Protects dataset cards: they show a readable first record, the artifacts, and no key."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from datasets import Dataset, DatasetDict

from distilabel._distiset.card import artifacts_in, first_record, make_card
from distilabel.distiset import Distiset, create_distiset


def test_the_first_record_is_cut_to_a_readable_size() -> None:
    row: dict[str, Any] = {
        "text": "x" * 1001,
        "short": "x" * 1000,
        "list": list(range(11)),
        "nested": {"deep": ["y" * 1001]},
        "image": {"bytes": b"1234", "path": None},
        "raw": b"1234",
        "number": 7,
    }
    assert first_record(Dataset.from_list([row, {**row, "number": 8}])) == {
        "text": "x" * 1000 + "... (1001 characters)",
        "short": "x" * 1000,
        "list": [*range(10), "... (11 items)"],
        "nested": {"deep": ["y" * 1000 + "... (1001 characters)"]},
        "image": None,
        "raw": None,
        "number": 7,
    }


def test_the_first_split_with_rows_is_shown() -> None:
    empty, full = Dataset.from_dict({"a": []}), Dataset.from_list([{"a": 1}])
    assert first_record(DatasetDict(train=empty, test=full)) == {"a": 1}
    assert first_record(empty) == {}


def test_a_card_names_artifacts_and_references_and_hides_keys(
    data_dir: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SOME_API_KEY", "sk-0123456789")
    monkeypatch.setenv("SHORT_KEY", "a")
    distiset = create_distiset(data_dir)
    distiset["more"] = Dataset.from_list([{"text": "sk-0123456789 and hf_0123456789"}])
    distiset.citations = ["@article{a}"]
    text = str(make_card(distiset, "me/made", secrets=("hf_0123456789",)))
    assert "*** and ***" in text
    assert "0123456789" not in text
    assert '"rows": 4' in text
    assert "@article{a}" in text
    assert "size_categories: n<1K" in text


def test_a_distiset_without_rows_and_artifacts_has_a_card(tmp_path: Path) -> None:
    assert artifacts_in(None) == {}
    assert artifacts_in(tmp_path) == {}
    assert "synthetic" in str(make_card(Distiset(), "folder"))

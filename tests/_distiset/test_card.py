"""Protects dataset cards: they show a readable first record, the artifacts, and no key."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from datasets import Dataset, DatasetDict

from distilabel._distiset.card import artifacts_in, first_record, make_card
from distilabel.distiset import Distiset, create_distiset
from distilabel.models import SimulatedLLM
from distilabel.pipeline import Pipeline
from distilabel.steps import LoadDataFromDicts
from distilabel.steps.tasks import TextGeneration


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


def test_a_card_tells_of_the_run_that_made_the_rows(tmp_path: Path) -> None:
    with Pipeline("made", description="Some answers.", cache_dir=tmp_path) as pipeline:
        LoadDataFromDicts(name="load", data=[{"instruction": "a | b"}]) >> TextGeneration(
            name="write", llm=SimulatedLLM(price=(1.0, 2.0))
        )
    distiset = pipeline.run()
    distiset.card_sections["Quality"] = "Checked by people."
    text = str(make_card(distiset, "me/made"))
    assert "Some answers." in text
    assert "**1 row**, made with `simulated` by the pipeline `made`" in text
    assert "| `write` | `TextGeneration` | 1 | 1 |" in text
    assert "| `generation` | `string` | `write` (simulated) | Text of the model. |" in text
    assert "| `instruction` | `string` | `load` |  | `a \\| b` |" in text
    assert "terms of its provider" in text
    assert "The run cost $0.0" in text
    assert "A prompt of write" in text
    assert "Checked by people." in text
    assert "![The steps of the pipeline](pipeline.png)" in text


def test_licenses_of_models_on_the_hub_are_in_the_card() -> None:
    distiset = Distiset(default=Dataset.from_list([{"a": 1}]))
    models = [{"name": name, "class": "LLM"} for name in ("me/known", "me/unknown", "api")]
    distiset._run_facts = {
        "pipeline": "p",
        "started": "2026-01-02T03:04:05",
        "steps": {"s": {"models": models, "columns": {}, "dataset": "me/source"}},
    }
    card = make_card(distiset, "me/d", license_of={"me/known": "mit"}.get)
    page = "https://huggingface.co/me"
    assert f"[mit]({page}/known)" in card.text
    assert f"see [its page]({page}/unknown)" in card.text
    assert "terms of its provider" in card.text
    assert card.data.get("source_datasets") == ["me/source"]


def test_an_artifact_may_describe_itself(tmp_path: Path) -> None:
    (tmp_path / "judge" / "measured").mkdir(parents=True)
    (tmp_path / "judge" / "measured" / "card.md").write_text("Agrees with people.")
    distiset = Distiset(default=Dataset.from_list([{"a": 1}]))
    distiset.artifacts_path = tmp_path
    assert "## judge measured\n\nAgrees with people." in make_card(distiset, "me/d").text

"""Dataset cards: true sizes, readable records, no secrets, and valid Markdown."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest
from datasets import Dataset, DatasetDict, Features, Image, Value

from distilabel._distiset.card import first_record, make_card
from distilabel.distiset import Distiset
from distilabel.utils.card.dataset_card import DistilabelDatasetCard, size_categories_parser


def distiset(**configs: list[dict[str, Any]]) -> Distiset:
    return Distiset({name: DatasetDict(train=Dataset.from_list(r)) for name, r in configs.items()})


@pytest.mark.parametrize(
    ("rows", "category"),
    [
        (0, "n<1K"),
        (999, "n<1K"),
        (1_000, "1K<n<10K"),
        (9_999, "1K<n<10K"),
        (10_000, "10K<n<100K"),
        (100_000, "100K<n<1M"),
        (1_000_000, "1M<n<10M"),
        (10**7, "10M<n<100M"),
        (10**8, "100M<n<1B"),
        (10**9, "1B<n<10B"),
        (10**10, "10B<n<100B"),
        (10**11, "100B<n<1T"),
        (10**12 - 1, "100B<n<1T"),
        (10**12, "n>1T"),
    ],
)
def test_size_categories(rows: int, category: str) -> None:
    assert size_categories_parser(rows) == category


def test_the_size_is_that_of_the_largest_configuration_in_rows() -> None:
    made = distiset(small=[{"a": 1}], large=[{"a": 1}] * 700)
    made["large"]["test"] = made["large"]["train"]
    assert make_card(made, "me/d").data.to_dict()["size_categories"] == "1K<n<10K"  # type: ignore[no-untyped-call]


def test_the_whole_card(tmp_path: Path) -> None:
    made = distiset(default=[{"a": "ä\n```\n"}], other=[{"b": [1]}])
    made.pipeline_path = tmp_path / "pipeline.yaml"
    made.citations = ["@article{x,\n  title = {X}\n}"]
    made.artifacts_path = tmp_path
    (tmp_path / "index" / "faiss").mkdir(parents=True)
    (tmp_path / "index" / "faiss" / "metadata.json").write_text('{"rows": {"n": 4}}')
    made.card_sections = {"Quality": "Good."}
    card = make_card(made, "me/d", script="make.py")
    text = card.text

    titles = re.findall(r"^#+ .*$", text, re.M)
    assert titles == [
        "# Dataset Card for d",
        "## How to load it",
        "## Dataset Summary",
        "## Quality",
        "## Dataset structure",
        "### Configuration: default",
        "### Configuration: other",
        "## How it was made",
        "## Artifacts",
        "## References",
    ]
    raw = "https://huggingface.co/datasets/me/d/raw/main"
    assert f'distilabel pipeline run --script "{raw}/make.py"' in text
    assert f'distilabel pipeline run --config "{raw}/pipeline.yaml"' in text
    assert f'distilabel pipeline info --config "{raw}/pipeline.yaml"' in text
    assert 'load_dataset("me/d")' in text
    assert 'load_dataset("me/d", "other")' in text
    assert "@article{x,\n  title = {X}\n}" in text
    assert "- **index**\n  - `faiss`\n" in text

    # Every block that is opened is closed, whatever the records hold.
    fences = re.findall(r"^ *```(\w*)$", text, re.M)
    assert all(
        opening and not closing for opening, closing in zip(fences[::2], fences[1::2], strict=True)
    )
    records = re.findall(r"^```json\n(.*?)^```$", text, re.M | re.S)
    assert [json.loads(record) for record in records] == [{"a": "ä\n```\n"}, {"b": [1]}]
    # Markdown inside of HTML is read as Markdown after an empty line only.
    assert text.count("</summary>\n\n") == text.count("\n\n</details>") == 2
    assert "\n\n\n" not in text
    # It can be read again, as the Hub does.
    assert DistilabelDatasetCard(str(card)).text == text


def test_sections_without_content_are_left_out() -> None:
    text = make_card(distiset(default=[{"a": 1}]), "me/d").text
    assert "pipeline run" not in text
    assert "Artifacts" not in text
    assert "References" not in text


def test_records_are_cut_to_what_can_be_read() -> None:
    dataset = Dataset.from_list([{"l": list(range(12)), "short": [1] * 9, "t": "x" * 5000}])
    record = first_record(dataset)
    assert record["l"] == [*range(10), "... (12 items)"]
    assert record["short"] == [1] * 9
    assert len(record["t"]) < 1100


def test_images_are_left_out_without_being_decoded() -> None:
    features = Features({"i": {"bytes": Value("binary"), "path": Value("string")}})
    dataset = Dataset.from_list([{"i": {"bytes": b"no picture", "path": "p.png"}}], features)
    assert first_record(dataset.cast_column("i", Image())) == {"i": None}


def test_the_first_record_is_that_of_the_first_split_with_rows() -> None:
    empty, full = Dataset.from_dict({"a": []}), Dataset.from_list([{"a": 1}])
    assert first_record(DatasetDict(train=empty, test=full)) == {"a": 1}
    assert first_record(empty) == {}


def test_keys_are_blanked(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SOME_PROVIDER_API_KEY", "sk-of-some-provider")
    made = distiset(default=[{"echo": "Bearer sk-of-some-provider and hf_given_key"}])
    card = str(make_card(made, "me/d", secrets=("hf_given_key",)))
    assert "Bearer *** and ***" in card

"""Protects loading from the Hub: an error names the dataset and what is wrong with it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from datasets.exceptions import DatasetGenerationError, DatasetNotFoundError

from distilabel.steps.generators.conversion import UnreadableError
from distilabel.steps.generators.hub_source import request


@pytest.mark.parametrize(
    ("error", "told"),
    [
        (DatasetNotFoundError("no"), "does not exist or cannot be accessed"),
        (ValueError("Unknown split"), "cannot load split 'train' of dataset 'a/b'"),
        (DatasetGenerationError("An error occurred"), "cannot load split"),
    ],
)
def test_an_error_names_the_dataset(
    error: Exception, told: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    def load(*args: Any, **options: Any) -> None:
        raise error

    monkeypatch.setattr("datasets.load_dataset", load)
    with pytest.raises(UnreadableError, match=told) as caught:
        request("a/b", None, "train", False, {"revision": "r"})
    assert "a/b" in str(caught.value)


def test_the_cause_is_told_rather_than_its_wrapper(monkeypatch: pytest.MonkeyPatch) -> None:
    def load(*args: Any, **options: Any) -> None:
        raise DatasetGenerationError("An error occurred") from TypeError("column x")

    monkeypatch.setattr("datasets.load_dataset", load)
    with pytest.raises(UnreadableError, match="column x"):
        request("a/b", "c", "train", False, {})


def test_a_folder_is_loaded_like_a_dataset_of_the_hub(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("datasets.config.HF_DATASETS_CACHE", tmp_path / "cache")
    (tmp_path / "d").mkdir()
    (tmp_path / "d" / "train.jsonl").write_text('{"a": 1}\n')
    loaded = request(str(tmp_path / "d"), None, "train", False, {"split": "train"})
    assert loaded.to_list() == [{"a": 1}]


def test_the_options_of_the_file_system_stay_those_of_the_step(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def load(*args: Any, storage_options: dict[str, Any], **options: Any) -> dict[str, Any]:
        given = dict(storage_options)
        storage_options["hf"] = {"token": "t"}  # as `datasets` does
        return given

    monkeypatch.setattr("datasets.load_dataset", load)
    options = {"anon": True}
    assert request("a/b", None, "train", False, {"storage_options": options}) == {"anon": True}
    assert options == {"anon": True}

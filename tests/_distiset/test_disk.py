"""Protects distisets on disk: what is saved comes back, from local and remote file systems."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from datasets import Dataset
from fsspec.implementations.memory import MemoryFileSystem

from distilabel.distiset import Distiset, create_distiset
from distilabel.errors import DistilabelUserError


def test_the_layout_on_disk(data_dir: Path, tmp_path: Path) -> None:
    target = tmp_path / "saved"
    create_distiset(data_dir).save_to_disk(target)
    assert sorted(str(f.relative_to(target)) for f in target.rglob("*") if f.is_file()) == [
        "artifacts/index/faiss/index.bin",
        "artifacts/index/faiss/metadata.json",
        "default/dataset_dict.json",
        "default/train/data-00000-of-00001.arrow",
        "default/train/dataset_info.json",
        "default/train/state.json",
        "distiset_configs/README.md",
        "distiset_configs/pipeline.log",
        "distiset_configs/pipeline.yaml",
    ]


@pytest.mark.parametrize("where", ["local", "memory"])
def test_what_is_saved_comes_back(
    data_dir: Path, run_rows: list[dict[str, Any]], tmp_path: Path, where: str
) -> None:
    path = str(tmp_path / "saved") if where == "local" else f"memory://{tmp_path}/saved"
    distiset = create_distiset(data_dir)
    distiset["plain"] = Dataset.from_list([{"b": 1}])
    distiset.save_to_disk(path, num_shards=2)

    download = None if where == "local" else tmp_path / "download"
    back = Distiset.load_from_disk(path, download_dir=download)
    here = tmp_path / ("saved" if where == "local" else "download")
    assert back["default"]["train"].to_list() == run_rows
    assert back["plain"].to_list() == [{"b": 1}]
    assert back.pipeline_path == here / "distiset_configs" / "pipeline.yaml"
    assert back.log_filename_path == here / "distiset_configs" / "pipeline.log"
    assert back.artifacts_path == here / "artifacts"
    assert (here / "artifacts/index/faiss/index.bin").read_bytes() == b"\0"
    assert len(list((here / "default" / "train").glob("*.arrow"))) == 2


def test_links_among_the_artifacts_are_not_followed(data_dir: Path, tmp_path: Path) -> None:
    secret = tmp_path / "secrets"
    secret.mkdir()
    (secret / "key").write_text("sk-mine")
    artifacts = data_dir / "steps_artifacts"
    (artifacts / "index" / "key").symlink_to(secret / "key")
    (artifacts / "linked").symlink_to(secret)
    create_distiset(data_dir).save_to_disk(tmp_path / "saved")
    saved = [file for file in (tmp_path / "saved").rglob("*") if file.is_file()]
    assert not any(file.name == "key" for file in saved)
    assert (tmp_path / "saved/artifacts/index/faiss/index.bin").exists()


@pytest.mark.parametrize("name", ["../out", "/out", "..", "", "a/b", "n" * 300])
def test_no_configuration_is_saved_outside_of_the_folder(name: str, tmp_path: Path) -> None:
    distiset = Distiset({name: Dataset.from_list([{"a": 1}])})
    with pytest.raises(DistilabelUserError, match="cannot be saved"):
        distiset.save_to_disk(tmp_path / "deep" / "saved")
    assert list(tmp_path.iterdir()) == []


def test_an_empty_path_is_refused() -> None:
    with pytest.raises(DistilabelUserError, match="`distiset_path` is empty"):
        Distiset({"default": Dataset.from_list([{"a": 1}])}).save_to_disk("")


def test_nothing_in_a_folder_is_removed_by_saving_there(data_dir: Path, tmp_path: Path) -> None:
    (tmp_path / "default").mkdir()
    (tmp_path / "default" / "mine.txt").write_text("precious")
    (tmp_path / "notes.txt").write_text("precious")
    for _ in range(2):
        create_distiset(data_dir).save_to_disk(tmp_path)
    assert (tmp_path / "default" / "mine.txt").read_text() == "precious"
    assert (tmp_path / "notes.txt").read_text() == "precious"


def test_parts_can_be_left_out_and_no_file_is_overwritten(data_dir: Path, tmp_path: Path) -> None:
    distiset = create_distiset(data_dir)
    distiset.save_to_disk(
        tmp_path / "bare", save_card=False, save_pipeline_config=False, save_pipeline_log=False
    )
    back = Distiset.load_from_disk(tmp_path / "bare")
    assert back.pipeline_path is None
    assert back.log_filename_path is None
    assert not list((tmp_path / "bare").rglob("README.md"))

    kept = tmp_path / "full" / "distiset_configs" / "pipeline.yaml"
    kept.parent.mkdir(parents=True)
    kept.write_text("mine")
    distiset.save_to_disk(tmp_path / "full")
    assert kept.read_text() == "mine"


def test_a_directory_that_does_not_exist_is_named(tmp_path: Path) -> None:
    with pytest.raises(AssertionError, match="nowhere"):
        Distiset.load_from_disk(tmp_path / "nowhere")


def test_no_file_is_downloaded_to_a_place_outside_of_the_folder(
    data_dir: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = f"memory://{tmp_path}/saved"
    create_distiset(data_dir).save_to_disk(path)
    # A store of objects may have any text as the name of one.
    monkeypatch.setattr(MemoryFileSystem, "find", lambda self, folder: [f"{folder}/../evil.txt"])
    with pytest.raises(DistilabelUserError, match="outside of its folder"):
        Distiset.load_from_disk(path, download_dir=tmp_path / "deep" / "download")
    assert not list(tmp_path.rglob("evil.txt"))


def test_what_describes_the_run_comes_back(data_dir: Path, tmp_path: Path) -> None:
    distiset = create_distiset(data_dir)
    distiset._run_facts = {"pipeline": "p", "started": "2026-01-02T03:04:05", "steps": {}}
    distiset._picture = lambda: b"PNG"
    distiset.card_sections = {"Quality": "Good."}
    distiset.save_to_disk(tmp_path / "saved")
    back = Distiset.load_from_disk(tmp_path / "saved")
    assert back._run_facts == distiset._run_facts
    assert back._picture is not None
    assert back._picture() == b"PNG"
    assert back.card_sections == {"Quality": "Good."}
    assert (tmp_path / "saved" / "distiset_configs" / "pipeline.png").read_bytes() == b"PNG"

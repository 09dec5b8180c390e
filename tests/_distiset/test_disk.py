"""Protects distisets on disk: what is saved comes back, from local and remote file systems."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from datasets import Dataset

from distilabel.distiset import Distiset, create_distiset


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

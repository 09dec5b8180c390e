"""`Distiset`: what a run left on disk becomes datasets that can be taken anywhere and back."""

from __future__ import annotations

import base64
import logging
import pickle
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from datasets import Dataset, DatasetDict, Image

from distilabel._distiset import run_outputs
from distilabel.distiset import Distiset, create_distiset
from distilabel.errors import DistilabelUserError
from hub import TOKEN, Hub

ROWS = [{"a": i, "distilabel_metadata": {"m": "x"}} for i in range(4)]


def train(rows: list[dict[str, Any]]) -> DatasetDict:
    return DatasetDict(train=Dataset.from_list(rows))


@pytest.fixture
def data_dir(tmp_path: Path) -> Path:
    """What a run with one leaf, `keep`, leaves on disk."""
    data = tmp_path / "run" / "data"
    leaf = data / "steps_outputs" / "keep"
    leaf.mkdir(parents=True)
    # Text order would read 10 before 9.
    for i, number in enumerate(("9", "10", "11", "100")):
        Dataset.from_list([ROWS[i]]).to_parquet(leaf / f"{number}.parquet")
    artifact = data / "steps_artifacts" / "index" / "faiss"
    artifact.mkdir(parents=True)
    (artifact / "metadata.json").write_text('{"rows": 4}')
    (artifact / "index.bin").write_bytes(b"\0")
    (data.parent / "pipeline.yaml").write_text("name: p\n")
    (data.parent / "pipeline.log").write_text("went well\n")
    return data


# -- from the outputs of a run --------------------------------------------------------------


def test_one_leaf_is_the_default_configuration(data_dir: Path) -> None:
    distiset = create_distiset(data_dir)
    assert list(distiset) == ["default"]
    assert distiset["default"]["train"].to_list() == ROWS
    assert distiset.pipeline_path == data_dir.parent / "pipeline.yaml"
    assert distiset.log_filename_path == data_dir.parent / "pipeline.log"
    assert distiset.artifacts_path == data_dir / "steps_artifacts"


def test_several_leaves_keep_their_names(data_dir: Path) -> None:
    other = data_dir / "steps_outputs" / "other"
    other.mkdir()
    Dataset.from_list([{"b": 1}]).to_parquet(other / "00001.parquet")
    distiset = create_distiset(data_dir, pipeline_path=Path("mine.yaml"))
    assert set(distiset) == {"keep", "other"}
    assert distiset["other"]["train"].to_list() == [{"b": 1}]
    assert distiset.pipeline_path == Path("mine.yaml")


def test_what_cannot_be_read_is_left_out_with_a_warning(
    data_dir: Path, caplog: pytest.LogCaptureFixture
) -> None:
    (data_dir / "steps_outputs" / "empty").mkdir()
    (data_dir / "steps_outputs" / "keep" / "5.parquet").write_bytes(b"not parquet")
    with caplog.at_level(logging.WARNING):
        distiset = create_distiset(data_dir)
    assert distiset["default"]["train"].to_list() == ROWS
    assert "'empty'" in caplog.text
    assert "5.parquet" in caplog.text


@pytest.mark.parametrize("limit", [run_outputs.IN_MEMORY_LIMIT, 0])
def test_columns_that_are_empty_in_some_files(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, limit: int
) -> None:
    monkeypatch.setattr(run_outputs, "IN_MEMORY_LIMIT", limit)
    leaf = tmp_path / "run" / "data" / "steps_outputs" / "keep"
    leaf.mkdir(parents=True)
    Dataset.from_list([{"a": None, "b": 1}]).to_parquet(leaf / "1.parquet")
    Dataset.from_list([{"a": "x"}]).to_parquet(leaf / "2.parquet")
    rows = create_distiset(tmp_path / "run" / "data")["default"]["train"].to_list()
    assert rows == [{"a": None, "b": 1}, {"a": "x", "b": None}]


def test_many_rows_are_not_held_in_memory(data_dir: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(run_outputs, "IN_MEMORY_LIMIT", 0)
    dataset = create_distiset(data_dir)["default"]["train"]
    assert dataset.to_list() == ROWS
    assert dataset.cache_files


def test_nothing_made_gives_no_configuration(tmp_path: Path) -> None:
    distiset = create_distiset(tmp_path)
    assert distiset == {}
    assert distiset.pipeline_path is None
    assert distiset.artifacts_path is None


class Cited:
    """A step.

    Citations:
        ```
        @article{b, title={B}}
        ```

        ```
        @article{a, title={A}}
        ```
    """


def test_citations_are_those_of_the_steps_each_once(tmp_path: Path) -> None:
    distiset = create_distiset(tmp_path, dag=[Cited(), Cited(), object()])
    assert distiset.citations == ["@article{a, title={A}}", "@article{b, title={B}}"]


# -- as an object ---------------------------------------------------------------------------


def test_it_is_a_dict_that_shows_itself_and_can_be_pickled() -> None:
    distiset = Distiset({"default": Dataset.from_list([{"a": 1}])})
    distiset.failures = [{"step": "s"}]
    distiset.pipeline_path = "x/pipeline.yaml"
    assert isinstance(distiset, dict)
    assert repr(distiset).startswith("Distiset({\n    default: Dataset({\n")
    assert repr(distiset).endswith("    })\n})")
    again = pickle.loads(pickle.dumps(distiset))
    assert again.failures == [{"step": "s"}]
    assert again.pipeline_path == Path("x/pipeline.yaml")
    assert again["default"].to_list() == [{"a": 1}]
    assert Distiset().report is None


def test_importing_it_does_not_import_datasets() -> None:
    code = "import sys, distilabel.distiset; sys.exit('datasets' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code]).returncode == 0


# -- splitting and images -------------------------------------------------------------------


@pytest.mark.parametrize("value", [Dataset.from_list(ROWS), train(ROWS)])
def test_splitting_works_for_what_a_run_gives_too(value: Any) -> None:
    distiset = Distiset({"default": value})
    assert distiset.train_test_split(train_size=0.75, shuffle=False) is distiset
    assert distiset["default"]["train"].to_list() == ROWS[:3]
    assert distiset["default"]["test"].to_list() == ROWS[3:]


def test_splitting_says_what_it_cannot_do() -> None:
    for share in (0, 1, 1.5):
        with pytest.raises(AssertionError, match="between 0 and 1"):
            Distiset({"default": train(ROWS)}).train_test_split(train_size=share)
    odd = Distiset({"odd": DatasetDict(valid=Dataset.from_list(ROWS))})
    with pytest.raises(DistilabelUserError, match=r"'odd'.*valid"):
        odd.train_test_split(train_size=0.5)


def test_base64_columns_become_images() -> None:
    text = base64.b64encode(b"picture").decode()
    rows: list[dict[str, Any]] = [{"i": text}, {"i": f"data:image/png;base64,{text}"}, {"i": None}]
    distiset = Distiset(
        {"one": train(rows), "two": Dataset.from_list(rows), "none": train([{"x": 1}])}
    )
    assert distiset.transform_columns_to_image("i") is distiset
    for dataset in (distiset["one"]["train"], distiset["two"]):
        assert isinstance(dataset.features["i"], Image)
        raw = dataset.cast_column("i", Image(decode=False)).to_list()
        assert [row["i"] and row["i"]["bytes"] for row in raw] == [b"picture", b"picture", None]
    assert distiset["none"]["train"].to_list() == [{"x": 1}]


def test_what_is_no_image_is_said() -> None:
    with pytest.raises(DistilabelUserError, match="'nope'"):
        Distiset({"one": train([{"i": "x"}])}).transform_columns_to_image(["nope"])
    with pytest.raises(DistilabelUserError, match="'i' of the configuration 'one'"):
        Distiset({"one": train([{"i": "x"}])}).transform_columns_to_image(["i"])


# -- to disk and back -----------------------------------------------------------------------


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
def test_what_is_saved_comes_back(data_dir: Path, tmp_path: Path, where: str) -> None:
    path = str(tmp_path / "saved") if where == "local" else f"memory://{tmp_path}/saved"
    distiset = create_distiset(data_dir)
    distiset["plain"] = Dataset.from_list([{"b": 1}])
    distiset.save_to_disk(path, num_shards=2)

    download = None if where == "local" else tmp_path / "download"
    back = Distiset.load_from_disk(path, download_dir=download)
    here = tmp_path / ("saved" if where == "local" else "download")
    assert back["default"]["train"].to_list() == ROWS
    assert back["plain"].to_list() == [{"b": 1}]
    assert back.pipeline_path == here / "distiset_configs" / "pipeline.yaml"
    assert back.log_filename_path == here / "distiset_configs" / "pipeline.log"
    assert back.artifacts_path == here / "artifacts"
    assert (here / "artifacts/index/faiss/index.bin").read_bytes() == b"\0"
    assert len(list((here / "default" / "train").glob("*.arrow"))) == 2


def test_only_what_is_asked_for_is_kept_and_nothing_overwritten(
    data_dir: Path, tmp_path: Path
) -> None:
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


def test_only_a_folder_can_be_loaded(tmp_path: Path) -> None:
    with pytest.raises(AssertionError, match="nowhere"):
        Distiset.load_from_disk(tmp_path / "nowhere")


# -- to the Hub -----------------------------------------------------------------------------


def test_everything_arrives_at_the_hub(hub: Hub, data_dir: Path, tmp_path: Path) -> None:
    code = f"""
import pathlib
from datasets import Dataset, load_dataset
from distilabel.distiset import create_distiset
distiset = create_distiset(pathlib.Path({str(data_dir)!r}))
distiset["more"] = Dataset.from_list([{{"text": "the key is {TOKEN}"}}])
distiset.citations = ["@article{{{{a}}}}"]
distiset.push_to_hub(
    "tester/made", private=True, commit_message="all of it", include_script=True
)
result = [
    load_dataset("tester/made", split="train").to_list(),
    load_dataset("tester/made", "more", split="train").num_rows,
]
"""
    default, more = hub.run(code, tmp_path)
    assert default == ROWS
    assert more == 1
    repo = hub.repos["tester/made"]
    assert repo.private
    assert set(repo.titles[1:]) == {"all of it"}
    assert repo.files["pipeline.yaml"] == b"name: p\n"
    assert repo.files["pipeline.log"] == b"went well\n"
    assert repo.files["artifacts/index/faiss/index.bin"] == b"\0"
    assert b"push_to_hub" in repo.files["client.py"]

    card = repo.files["README.md"].decode()
    assert "config_name: more" in card
    assert "- distilabel" in card
    assert f"{hub.url}/datasets/tester/made/raw/main/client.py" in card
    assert "the key is ***" in card
    assert TOKEN not in card


def test_without_card_and_script_only_the_data_go(hub: Hub, data_dir: Path, tmp_path: Path) -> None:
    code = f"""
import pathlib
from distilabel.distiset import create_distiset
distiset = create_distiset(pathlib.Path({str(data_dir)!r}))
distiset.artifacts_path = None
distiset.push_to_hub("tester/made", token="{TOKEN}", generate_card=False)
result = None
"""
    hub.run(code, tmp_path, token=None)
    repo = hub.repos["tester/made"]
    assert not repo.private
    assert set(repo.files) == {"README.md", "data/train-00000-of-00001.parquet"}
    assert b"distilabel" not in repo.files["README.md"].replace(b"distilabel_metadata", b"")


def test_no_key_and_no_data_are_said(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("huggingface_hub.get_token", lambda: None)
    with pytest.raises(ValueError, match=r"'me/d'.*HF_TOKEN"):
        Distiset({"default": train(ROWS)}).push_to_hub("me/d")
    with pytest.raises(ValueError, match="nothing to push"):
        Distiset().push_to_hub("me/d", token="hf_unused")

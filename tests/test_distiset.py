"""Protects `Distiset`: the files of a run become datasets with all that belongs to them."""

from __future__ import annotations

import pickle
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from datasets import Dataset, DatasetDict

from distilabel.distiset import Distiset, create_distiset
from distilabel.errors import DistilabelUserError

ROWS = [{"a": i, "distilabel_metadata": {"m": "x"}} for i in range(4)]


def train(rows: list[dict[str, Any]]) -> DatasetDict:
    return DatasetDict(train=Dataset.from_list(rows))


# -- from the outputs of a run --------------------------------------------------------------


def test_one_leaf_is_the_default_configuration(
    data_dir: Path, run_rows: list[dict[str, Any]]
) -> None:
    distiset = create_distiset(data_dir)
    assert list(distiset) == ["default"]
    assert distiset["default"]["train"].to_list() == run_rows
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


def test_a_run_without_outputs_has_no_configuration(tmp_path: Path) -> None:
    distiset = create_distiset(tmp_path)
    assert distiset == {}
    assert distiset.pipeline_path is None
    assert distiset.artifacts_path is None


@pytest.mark.parametrize("empty", ["", None])
def test_an_empty_path_is_none(empty: str | None) -> None:
    distiset = Distiset()
    distiset.artifacts_path = empty
    distiset.pipeline_path = empty
    distiset.log_filename_path = empty
    paths = [distiset.artifacts_path, distiset.pipeline_path, distiset.log_filename_path]
    assert paths == [None] * 3


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


# -- splitting ------------------------------------------------------------------------------


@pytest.mark.parametrize("value", [Dataset.from_list(ROWS), train(ROWS)])
def test_a_dataset_and_the_split_of_a_run_can_be_split(value: Any) -> None:
    distiset = Distiset({"default": value})
    assert distiset.train_test_split(train_size=0.75, shuffle=False) is distiset
    assert distiset["default"]["train"].to_list() == ROWS[:3]
    assert distiset["default"]["test"].to_list() == ROWS[3:]


def test_an_impossible_split_is_an_error() -> None:
    for share in (0, 1, 1.5):
        with pytest.raises(AssertionError, match="between 0 and 1"):
            Distiset({"default": train(ROWS)}).train_test_split(train_size=share)
    odd = Distiset({"odd": DatasetDict(valid=Dataset.from_list(ROWS))})
    with pytest.raises(DistilabelUserError, match=r"'odd'.*valid"):
        odd.train_test_split(train_size=0.5)

"""Loading with `datasets`: every row once from any source, and errors that say what to do."""

from __future__ import annotations

import gzip
import json
from pathlib import Path
from typing import Any

import fsspec
import pytest
from datasets import Dataset, DatasetDict

from distilabel.distiset import Distiset
from distilabel.errors import DistilabelUserError
from distilabel.steps.generators.huggingface import (
    LoadDataFromDisk,
    LoadDataFromFileSystem,
    LoadDataFromHub,
)
from hub import Hub

ROWS = [{"a": i} for i in range(5)]
LINES = "".join(json.dumps(row) + "\n" for row in ROWS)


@pytest.fixture(autouse=True)
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("datasets.config.HF_DATASETS_CACHE", tmp_path / "cache")
    monkeypatch.setattr("datasets.config.DOWNLOADED_DATASETS_PATH", tmp_path / "downloads")


def rows(step: Any, offset: int = 0) -> list[dict[str, Any]]:
    step.load()
    batches = list(step.process(offset=offset))
    assert [last for _, last in batches] == [False] * (len(batches) - 1) + [True]
    return [row for batch, _ in batches for row in batch]


def error_of(step: Any) -> str:
    with pytest.raises(DistilabelUserError) as caught:
        step.load()
    assert str(step.name) in str(caught.value)
    return str(caught.value)


# -- files ----------------------------------------------------------------------------------


@pytest.mark.parametrize("streaming", [False, True])
@pytest.mark.parametrize("offset", [0, 1, 4, 5, 9])
@pytest.mark.parametrize("num_examples", [None, 3, 50])
def test_offset_and_number_of_rows(
    tmp_path: Path, streaming: bool, offset: int, num_examples: int | None
) -> None:
    (tmp_path / "rows.jsonl").write_text(LINES)
    step = LoadDataFromFileSystem(
        data_files=tmp_path / "rows.jsonl",
        batch_size=2,
        streaming=streaming,
        num_examples=num_examples,
    )
    assert step.outputs == ["a"]
    assert rows(step, offset) == ROWS[:num_examples][offset:]


def test_a_directory_stands_for_its_files_and_those_one_level_below(tmp_path: Path) -> None:
    lines = LINES.splitlines(keepends=True)
    folder = tmp_path / "data"
    (folder / "sub" / "deeper").mkdir(parents=True)
    (folder / "1.jsonl").write_text(lines[0])
    (folder / "2.json").write_text(lines[1])
    (folder / "README.md").write_text("no rows")
    (folder / ".hidden.jsonl").write_text("no rows")
    (folder / "sub" / "3.jsonl").write_text(lines[2])
    (folder / "sub" / "deeper" / "4.jsonl").write_text(lines[3])
    assert rows(LoadDataFromFileSystem(data_files=str(folder))) == ROWS[:3]


def test_patterns_and_compressed_files(tmp_path: Path) -> None:
    (tmp_path / "x1.jsonl.gz").write_bytes(gzip.compress(LINES.encode()))
    (tmp_path / "y1.jsonl").write_text("no rows")
    assert rows(LoadDataFromFileSystem(data_files=f"{tmp_path}/x*")) == ROWS


def test_file_types(tmp_path: Path) -> None:
    Dataset.from_list(ROWS).to_parquet(tmp_path / "p.parquet")
    (tmp_path / "c.csv").write_text("a\n0\n1\n2\n3\n4\n")
    (tmp_path / "t.txt").write_text("one\ntwo\n")
    (tmp_path / "unnamed").write_text(LINES)
    assert rows(LoadDataFromFileSystem(data_files=tmp_path / "p.parquet")) == ROWS
    assert rows(LoadDataFromFileSystem(data_files=tmp_path / "c.csv")) == ROWS
    assert rows(LoadDataFromFileSystem(data_files=tmp_path / "unnamed", filetype="jsonl")) == ROWS
    assert rows(LoadDataFromFileSystem(data_files=tmp_path / "t.txt")) == [
        {"text": "one"},
        {"text": "two"},
    ]


def test_files_on_another_file_system(monkeypatch: pytest.MonkeyPatch) -> None:
    # To `datasets`, whatever is not on this machine is the network.
    monkeypatch.setattr("datasets.config.HF_HUB_OFFLINE", False)
    fsspec.filesystem("memory").pipe_file("/elsewhere/rows.jsonl", LINES.encode())
    assert rows(LoadDataFromFileSystem(data_files="memory://elsewhere/rows.jsonl")) == ROWS


def test_changed_parameters_load_other_rows(tmp_path: Path) -> None:
    (tmp_path / "one.jsonl").write_text('{"a": 1}\n')
    (tmp_path / "two.jsonl").write_text('{"b": 2}\n')
    step = LoadDataFromFileSystem(data_files=tmp_path / "one.jsonl")
    assert rows(step) == [{"a": 1}]
    step.set_runtime_parameters({"data_files": str(tmp_path / "two.jsonl")})
    assert step.outputs == ["b"]
    assert rows(step) == [{"b": 2}]


def test_errors_about_files_name_the_parameter(tmp_path: Path) -> None:
    (tmp_path / "rows.jsonl").write_text(LINES)
    (tmp_path / "rows.xyz").write_text(LINES)
    missing = str(tmp_path / "none.jsonl")
    assert missing in error_of(LoadDataFromFileSystem(data_files=missing))
    assert "filetype" in error_of(LoadDataFromFileSystem(data_files=tmp_path / "rows.xyz"))
    assert "data_files" in error_of(LoadDataFromFileSystem())
    wrong = LoadDataFromFileSystem(data_files=tmp_path / "rows.jsonl", filetype="parquet")
    assert "as parquet" in error_of(wrong)
    split = LoadDataFromFileSystem(data_files=tmp_path / "rows.jsonl", split="test")
    assert "'train'" in error_of(split)


def test_secrets_for_the_file_system_stay_out_of_the_dump() -> None:
    options = {"key": "k", "anon": False, "client_kwargs": {"aws_secret": "s", "region": "eu"}}
    step = LoadDataFromFileSystem(data_files="s3://b/x.csv", storage_options=options)
    kept = {"anon": False, "client_kwargs": {"region": "eu"}}
    assert step.dump()["storage_options"] == kept
    assert step.storage_options == options


# -- saved datasets -------------------------------------------------------------------------


def test_a_saved_dataset(tmp_path: Path) -> None:
    Dataset.from_list(ROWS).save_to_disk(tmp_path / "d")
    step = LoadDataFromDisk(dataset_path=tmp_path / "d", batch_size=2, num_examples=3)
    assert step.outputs == ["a"]
    assert rows(step) == ROWS[:3]
    assert "Leave `split` out" in error_of(
        LoadDataFromDisk(dataset_path=tmp_path / "d", split="train")
    )


def test_saved_splits(tmp_path: Path) -> None:
    one, two = Dataset.from_list(ROWS[:2]), Dataset.from_list(ROWS[2:])
    DatasetDict(train=one).save_to_disk(tmp_path / "one")
    DatasetDict(train=one, test=two).save_to_disk(tmp_path / "two")
    assert rows(LoadDataFromDisk(dataset_path=tmp_path / "one")) == ROWS[:2]
    assert rows(LoadDataFromDisk(dataset_path=tmp_path / "two", split="test")) == ROWS[2:]
    assert "train, test" in error_of(LoadDataFromDisk(dataset_path=tmp_path / "two"))
    assert "'train'" in error_of(LoadDataFromDisk(dataset_path=tmp_path / "two", split="trein"))


def test_a_saved_distiset(tmp_path: Path) -> None:
    train = DatasetDict(train=Dataset.from_list(ROWS))
    Distiset({"left": train, "right": train}).save_to_disk(tmp_path / "d")
    step = LoadDataFromDisk(dataset_path=tmp_path / "d", is_distiset=True, config="right")
    assert rows(step) == ROWS
    assert "'left', 'right'" in error_of(
        LoadDataFromDisk(dataset_path=tmp_path / "d", is_distiset=True)
    )


def test_errors_about_directories_name_the_parameter(tmp_path: Path) -> None:
    train = DatasetDict(train=Dataset.from_list(ROWS))
    Distiset({"default": train}).save_to_disk(tmp_path / "d")
    assert "`is_distiset`" in error_of(LoadDataFromDisk(dataset_path=tmp_path / "d"))
    assert "`dataset_path`" in error_of(LoadDataFromDisk(dataset_path=tmp_path / "no"))
    no = LoadDataFromDisk(dataset_path=tmp_path / "no", is_distiset=True)
    assert "`dataset_path`" in error_of(no)


# -- the Hub --------------------------------------------------------------------------------

FILL = """
from datasets import Dataset
from distilabel.steps.generators.huggingface import LoadDataFromHub
Dataset.from_list([{"a": i} for i in range(5)]).push_to_hub("tester/d", private=True)
Dataset.from_list([{"a": -1}]).push_to_hub("tester/d", split="test")
Dataset.from_list([{"b": "x"}]).push_to_hub("tester/d", config_name="other")

def rows(offset=0, **fields):
    step = LoadDataFromHub(batch_size=2, **fields)
    step.load()
    return [[batch, last] for batch, last in step.process(offset=offset)]

def error_of(**fields):
    try:
        rows(**fields)
    except Exception as error:
        return [type(error).__name__, str(error)]
"""


def test_rows_from_the_hub(hub: Hub, tmp_path: Path) -> None:
    code = f"""{FILL}
asked = LoadDataFromHub(repo_id="tester/d", config="other")
result = {{
    "all": rows(repo_id="tester/d"),
    "offset": rows(repo_id="tester/d", offset=3),
    "some": rows(repo_id="tester/d", num_examples=3),
    "stream": rows(repo_id="tester/d", streaming=True, num_examples=4, offset=1),
    "split": rows(repo_id="tester/d", split="test"),
    "config": rows(repo_id="tester/d", config="other"),
    "outputs": [asked.outputs, asked._dataset is None],
}}
"""
    result = hub.run(code, tmp_path)
    batches = [[ROWS[0:2], False], [ROWS[2:4], False], [ROWS[4:5], True]]
    assert result["all"] == batches
    assert result["offset"] == [[ROWS[3:5], True]]
    assert result["some"] == [batches[0], [ROWS[2:3], True]]
    assert result["stream"] == [[ROWS[1:3], False], [ROWS[3:4], True]]
    assert result["split"] == [[[{"a": -1}], True]]
    assert result["config"] == [[[{"b": "x"}], True]]
    # Told by what the Hub says about the dataset, without fetching a row.
    assert result["outputs"] == [["b"], True]


def test_errors_of_the_hub_name_what_is_missing(hub: Hub, tmp_path: Path) -> None:
    code = f"""{FILL}
result = {{
    "repository": error_of(repo_id="tester/none"),
    "split": error_of(repo_id="tester/d", split="valid"),
    "config": error_of(repo_id="tester/d", config="nope"),
    "revision": error_of(repo_id="tester/d", revision="v9"),
    "nothing": error_of(),
}}
"""
    said = hub.run(code, tmp_path)
    assert {kind for kind, _ in said.values()} == {"DistilabelUserError"}
    assert "'tester/none'" in said["repository"][1]
    assert "HF_TOKEN" in said["repository"][1]
    assert "train" in said["split"][1]
    assert "other" in said["config"][1]
    assert "'v9'" in said["revision"][1]
    assert "`repo_id`" in said["nothing"][1]
    assert all("load_data_from_hub_0" in text for _, text in said.values())


def test_without_a_network_the_error_is_about_the_network(hub: Hub, tmp_path: Path) -> None:
    code = """
from distilabel.steps.generators.huggingface import LoadDataFromHub
try:
    LoadDataFromHub(repo_id="tester/d").outputs
except Exception as error:
    result = [isinstance(error, ConnectionError), str(error)]
"""
    is_connection, text = hub.run(code, tmp_path, offline=True)
    assert is_connection
    assert "tester/d" in text


@pytest.mark.parametrize(
    ("parameter", "value"),
    [
        ("revision", "v2"),
        ("config", "other"),
        ("split", "test"),
        ("repo_id", "me/other"),
        ("streaming", True),
    ],
)
def test_every_parameter_that_names_other_rows_loads_them(
    parameter: str, value: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    def load(repo_id: str, config: Any, **options: Any) -> Any:
        asked.append({"repo_id": repo_id, "config": config, **options})
        data = Dataset.from_list([{"n": len(asked)}])
        return data.to_iterable_dataset() if options["streaming"] else data

    asked: list[dict[str, Any]] = []
    monkeypatch.setattr("datasets.load_dataset", load)
    step = LoadDataFromHub(repo_id="me/d", revision="v1", config="c", split="train")
    assert rows(step) == [{"n": 1}]
    assert rows(step) == [{"n": 1}]
    step.set_runtime_parameters({parameter: value})
    assert rows(step) == [{"n": 2}]
    before, after = asked
    assert {name for name in after if after[name] != before[name]} == {parameter}
    assert after[parameter] == value


def test_outputs_are_empty_without_a_dataset() -> None:
    assert LoadDataFromHub().outputs == []

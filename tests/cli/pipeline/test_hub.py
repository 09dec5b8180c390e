"""Protects saved pipelines on the Hub: found by a short name, and each error is one message."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from distilabel.cli.pipeline.hub import parse_hub_path
from distilabel.models import SimulatedLLM
from distilabel.pipeline import Pipeline
from distilabel.steps import LoadDataFromFileSystem
from distilabel.steps.tasks import TextGeneration
from hub import TOKEN, Hub, Repo


def runnable(folder: Path) -> bytes:
    with Pipeline(name="runnable") as pipeline:
        load = LoadDataFromFileSystem(
            name="load", data_files=str(folder / "rows.jsonl"), filetype="json", split="train"
        )
        load >> TextGeneration(name="write", llm=SimulatedLLM())
    return json.dumps(pipeline.dump()).encode()


def test_a_pipeline_comes_from_a_dataset_of_the_hub(hub: Hub, tmp_path: Path) -> None:
    (tmp_path / "rows.jsonl").write_text('{"instruction": "Name an owl."}\n')
    text = runnable(tmp_path)
    repo = hub.repos["tester/made"] = Repo(private=True)
    first = repo.commit("one", {"pipeline.yaml": text, "more/other.json": text})
    repo.commit("two", {"pipeline.yaml": b"broken: [", "large.json": b" " * 10_000_001})
    code = f"""
import os
os.environ["DISTILABEL_CACHE_DIR"] = "cache"
from typer.testing import CliRunner
from distilabel.cli.app import app
result = [
    (done.exit_code, done.output)
    for config in [
        "hf://datasets/tester/made@{first}",
        "hf://datasets/tester/made@{first}/more/other.json",
        "tester/made",
        "tester/other",
        "hf://datasets/tester/made/nothing.yaml",
        "hf://datasets/tester/made/large.json",
        "hf://datasets/tester/made@nothing",
        "hf://tester/made",
        "hf://datasets/tester/made/README.md",
    ]
    for done in [CliRunner().invoke(app, ["pipeline", "info", "--config", config])]
]
words = ["pipeline", "run", "--config", "hf://datasets/tester/made@{first}"]
done = CliRunner().invoke(app, words, input="y\\n")
result.append((done.exit_code, done.output))
"""
    found = hub.run(code, tmp_path)
    assert [status for status, _ in found] == [0, 0, 1, 1, 1, 1, 1, 1, 1, 0], found
    told = [
        *("runnable", "runnable", "not valid YAML", "no dataset tester/other"),
        *(
            "has no file nothing.yaml",
            "larger than",
            "no revision",
            "Invalid Hub path",
            "unknown file type",
        ),
        "default/train: 1 row of",
    ]
    for (_, output), text_told in zip(found, told, strict=True):
        assert text_told in " ".join(output.split())
        assert TOKEN not in output
    strangers = hub.run(code, tmp_path / "stranger", token=None)
    assert [status for status, _ in strangers] == [1] * 10


def test_an_unreachable_hub_costs_one_message(hub: Hub, tmp_path: Path) -> None:
    code = """
from distilabel.cli.pipeline.utils import get_pipeline
try:
    get_pipeline("tester/made")
except ValueError as error:
    result = str(error)
"""
    assert "cannot be read from the Hugging Face Hub" in hub.run(code, tmp_path, offline=True)
    hub.close()
    assert "cannot be read from the Hugging Face Hub" in hub.run(code, tmp_path / "again")


@pytest.mark.parametrize(
    ("text", "meant"),
    [
        ("a/b", ("a/b", None, "pipeline.yaml")),
        ("hf://datasets/a/b", ("a/b", None, "pipeline.yaml")),
        ("hf://datasets/a/b@main/c/d.json", ("a/b", "main", "c/d.json")),
        ("https://huggingface.co/datasets/a/b", ("a/b", None, "pipeline.yaml")),
        ("https://huggingface.co/datasets/a/b/", ("a/b", None, "pipeline.yaml")),
        ("https://huggingface.co/datasets/a/b/blob/main/pipeline.yaml", None),
        ("http://huggingface.co/datasets/a/b", None),
        ("a/b.yaml", None),
        ("folder/here", None),
        ("a/b/c", None),
        ("../b", None),
        ("a", None),
        ("https://huggingface.co/a/b", None),
    ],
)
def test_references_to_the_hub_are_recognized(
    text: str, meant: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "folder" / "here").mkdir(parents=True)
    assert parse_hub_path(text) == meant

"""Protects loading pipelines from Python files: as an import would, with errors that help."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from distilabel.cli.pipeline.script import load_pipeline
from distilabel.errors import DistilabelUserError

PROGRAM = """
from distilabel.pipeline import Pipeline
from distilabel.steps import LoadDataFromDicts
with Pipeline("first") as one, Pipeline("second") as two:
    LoadDataFromDicts(data=[{"a": 1}])
number = 1
"""


@pytest.fixture(autouse=True)
def _restored(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setattr(sys, "path", list(sys.path))
    before = set(sys.modules)
    yield
    for name in set(sys.modules) - before:
        if name.endswith("loaded"):
            del sys.modules[name]


@pytest.fixture
def script(tmp_path: Path) -> Path:
    path = tmp_path / "loaded.py"
    path.write_text(PROGRAM)
    return path


def test_the_variable_that_is_named_is_returned(script: Path) -> None:
    assert load_pipeline(script, "two").name == "second"
    assert sys.modules["loaded"].number == 1
    assert str(script.parent) in sys.path


def test_a_module_that_is_imported_already_is_not_replaced(
    script: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "loaded", sys)
    assert load_pipeline(script, "one").name == "first"
    assert sys.modules["loaded"] is sys


def test_a_wrong_variable_is_answered_with_the_right_ones(script: Path) -> None:
    right = r"one \(--pipeline-variable-name one\), two \(--pipeline-variable-name two\)"
    with pytest.raises(ImportError, match=f"no variable 'three'.*{right}"):
        load_pipeline(script, "three")
    with pytest.raises(
        DistilabelUserError, match=f"'number' .* is of type int, not a pipeline.*{right}"
    ):
        load_pipeline(script, "number")


def test_a_file_without_a_pipeline_is_told_how_to_define_one(tmp_path: Path) -> None:
    (tmp_path / "unloaded.py").write_text("")
    with pytest.raises(ImportError, match=r"defines no pipeline.*with Pipeline"):
        load_pipeline(tmp_path / "unloaded.py", "pipeline")


def test_the_line_that_failed_is_named_and_nothing_stays_imported(tmp_path: Path) -> None:
    (tmp_path / "unloaded.py").write_text("def fail():\n    1 / 0\n\nfail()\n")
    with pytest.raises(DistilabelUserError, match=r"unloaded.py, line 2: ZeroDivisionError"):
        load_pipeline(tmp_path / "unloaded.py", "pipeline")
    assert "unloaded" not in sys.modules

"""Protects that an edited step runs again on rows it has seen, wherever the edit is."""

from __future__ import annotations

import importlib
import sys
from pathlib import Path
from typing import Any

import pytest

from distilabel.pipeline import Pipeline
from rooms import Numbers, rows_of

MODULE = """
from distilabel.steps import StepInput, step
from distilabel.steps.base import Step

FACTOR = 1

def deeper(n):
    return n * 1

def helper(n):
    return deeper(n) * 1

class Parent:
    sign = 1

    def of(self, n):
        return n * 1

class Base(Step):
    def value(self, row):
        return row["n"] * 1

class Mine(Parent, Base):
    def process(self, inputs: StepInput):
        yield [{**row, "made": self.value(row) + self.of(self.sign)} for row in inputs]

class Helped(Step):
    def process(self, inputs: StepInput):
        yield [{**row, "made": helper(row["n"]) * FACTOR} for row in inputs]

class Defaulted(Step):
    def add(self, n, more=1 * FACTOR):
        return n + more

    def process(self, inputs: StepInput):
        yield [{**row, "made": self.add(row["n"])} for row in inputs]

class Listed(Step):
    def process(self, inputs: StepInput):
        yield [{**row, "made": [row["n"] * 1 for _ in "a"]} for row in inputs]

@step(inputs=["n"], outputs=["made"])
def Function(inputs: StepInput):
    yield [{**row, "made": helper(row["n"])} for row in inputs]
"""


NAMES = ("Mine", "Helped", "Defaulted", "Listed", "Function")


def made(text: str, folder: Path, *names: str) -> dict[str, list[Any]]:
    """Runs steps of a module with this text, as a program that is started anew does."""
    (folder / "steps_of_a_user.py").write_text(text)
    sys.modules.pop("steps_of_a_user", None)
    importlib.invalidate_caches()
    with pytest.MonkeyPatch.context() as patch:
        patch.syspath_prepend(folder)
        patch.setattr(sys, "dont_write_bytecode", True)
        module: Any = importlib.import_module("steps_of_a_user")
        with Pipeline(name="p", cache_dir=folder / "cache") as pipeline:
            load = Numbers(count=3)
            for name in names:
                load >> getattr(module, name)(name=name)
        distiset = pipeline.run()
    sys.modules.pop("steps_of_a_user", None)
    configurations = names if len(names) > 1 else ("default",)
    return {
        name: [row["made"] for row in rows_of(distiset, configuration)]
        for name, configuration in zip(names, configurations, strict=True)
    }


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder whose cache has what the unedited steps made."""
    folder = tmp_path_factory.mktemp("edited")
    before = made(MODULE, folder, *NAMES)
    assert before["Mine"] == [1, 2, 3]
    return folder


@pytest.mark.parametrize(
    ("name", "before", "after", "values"),
    [
        ("Mine", 'row["n"] * 1\n\nclass Mine', 'row["n"] * 2\n\nclass Mine', [1, 3, 5]),
        ("Mine", "sign = 1", "sign = 5", [5, 6, 7]),
        ("Mine", "return n * 1\n\nclass Base", "return n * 3\n\nclass Base", [3, 4, 5]),
        ("Mine", "self.value(row) + ", "self.value(row) - ", [-1, 0, 1]),
        ("Helped", "FACTOR = 1", "FACTOR = 7", [0, 7, 14]),
        ("Helped", "return deeper(n) * 1", "return deeper(n) * 4", [0, 4, 8]),
        ("Helped", "return n * 1\n\ndef helper", "return n * 5\n\ndef helper", [0, 5, 10]),
        ("Defaulted", "FACTOR = 1", "FACTOR = 7", [7, 8, 9]),
        ("Defaulted", "more=1 * FACTOR", "more=3 * FACTOR", [3, 4, 5]),
        ("Listed", 'row["n"] * 1 for _', 'row["n"] * 2 for _', [[0], [2], [4]]),
        ("Function", "return deeper(n) * 1", "return deeper(n) * 6", [0, 6, 12]),
    ],
)
def test_an_edit_is_noticed(
    name: str, before: str, after: str, values: list[Any], folder: Path
) -> None:
    assert MODULE.count(before) == 1
    assert made(MODULE.replace(before, after), folder, name) == {name: values}


def test_a_step_that_is_not_edited_is_not_run_again(tmp_path: Path) -> None:
    """Otherwise the tests above could not fail."""
    begin = "def process(self, inputs: StepInput):\n"
    record = f"open({str(tmp_path / 'calls')!r}, 'a').close()\n"
    counting = MODULE.replace(begin, f"{begin}        {record}")
    made(counting, tmp_path, *NAMES)
    (tmp_path / "calls").unlink()
    made(counting, tmp_path, *NAMES)
    assert not (tmp_path / "calls").exists()

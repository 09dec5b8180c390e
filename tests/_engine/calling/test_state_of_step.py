"""Whose code runs in a step: only that of a user may remember something from row to row."""

from __future__ import annotations

import importlib
import sys
from pathlib import Path
from typing import Any

import pytest

from distilabel._engine.calling.state_of_step import is_user_code
from distilabel.pipeline import Pipeline
from distilabel.steps import KeepColumns
from rooms import Fn, Numbers, rows_of

_STEP = """
from typing import Any
from pydantic import PrivateAttr
from distilabel.steps import StepInput
from distilabel.steps.base import Step
class Map(Step):
    function: Any = None
    _private: Any = PrivateAttr(default=None)
    def process(self, inputs: StepInput) -> Any:
        yield [{**row, "made": self.function(row)} for row in inputs]
"""


@pytest.fixture
def installed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Any:
    """A step of an installed package."""
    folder = tmp_path / "site-packages"
    folder.mkdir()
    (folder / "installed_steps.py").write_text(_STEP)
    monkeypatch.syspath_prepend(folder)
    yield importlib.import_module("installed_steps").Map
    del sys.modules["installed_steps"]


def test_a_function_of_the_user_in_a_step_of_an_installed_package(
    installed: Any, tmp_path: Path
) -> None:
    seen: set[int] = set()

    def is_new(row: dict[str, Any]) -> bool:
        new = row["n"] % 2 not in seen
        seen.add(row["n"] % 2)
        return new

    with Pipeline(name="p", cache_dir=tmp_path) as pipeline:
        Numbers(count=4) >> installed(function=is_new)
    for _ in range(2):
        assert [row["made"] for row in rows_of(pipeline.run(use_cache=False))] == [
            True,
            True,
            False,
            False,
        ]


def test_code_of_others_is_not_that_of_the_user(installed: Any) -> None:
    assert is_user_code(Fn())
    assert is_user_code(installed(function=lambda row: row))
    assert not is_user_code(installed())
    with_private = installed()
    with_private._private = lambda row: row
    assert is_user_code(with_private)
    assert not is_user_code(installed(function=importlib.import_module("json").dumps))
    assert not is_user_code(KeepColumns(columns=["a"]))

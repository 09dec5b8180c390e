"""Which variables the code of a step reads, and which ones it only writes."""

from __future__ import annotations

import functools
import re
from collections import Counter
from pathlib import Path
from types import FunctionType
from typing import Any, ClassVar

import pytest

from distilabel._engine.calling.used_variables import Code, is_of_user
from distilabel.steps import StepInput
from distilabel.steps.base import Step

READ: set[int] = set()
ALSO: dict[str, list[int]] = {}
WRITTEN: list[int] = []
DEEP: dict[str, dict[str, int]] = {}
COUNTER: Counter[str] = Counter()
TOTAL = 0
CONSTANT = 3
WORDS = re.compile("a")


def helper(n: int) -> bool:
    return n in READ


class Using(Step):
    shared: ClassVar[list[int]] = []
    calls: ClassVar[list[int]] = []
    count: ClassVar[int] = 0

    def process(self, inputs: StepInput) -> Any:
        global TOTAL
        for row in inputs:
            row["new"] = helper(row["n"]) and WORDS.match("a") and CONSTANT
            READ.add(row["n"])
            ALSO.setdefault("x", []).append(1)
            row["also"] = len(ALSO["x"])
            WRITTEN.append(row["n"])
            DEEP.setdefault("a", {})["b"] = 1
            DEEP["a"]["b"] += 1
            COUNTER["x"] += 1
            self.calls.append(1)
            row["shared"] = self.shared
            type(self).count += 1
        TOTAL += 1
        yield inputs


def test_what_is_read_and_what_is_only_written() -> None:
    names = {variable.name for variable in Code(Using).variables()}
    assert names == {"READ", "ALSO", "shared"}


def test_a_number_that_is_counted_and_read() -> None:
    total = 0

    def function(n: int) -> int:
        nonlocal total
        total += n
        return total

    assert isinstance(function, FunctionType)
    assert [v.name for v in Code(Step, [function]).variables()] == ["total"]


def test_without_its_source_every_use_counts(monkeypatch: pytest.MonkeyPatch) -> None:
    space: dict[str, Any] = {"SEEN": [], "__name__": __name__}
    exec("def function(n):\n    SEEN.append(n)", space)
    function = space["function"]
    assert isinstance(function, FunctionType)
    assert [v.name for v in Code(Step, [function]).variables()] == ["SEEN"]


def test_containers_of_libraries_are_not_the_users() -> None:
    space: dict[str, Any] = {"SUFFIXES": None, "__name__": __name__}
    import mimetypes

    mimetypes.init()
    space["types_map"] = mimetypes.types_map
    exec("def function(n):\n    return types_map[n]", space)
    assert Code(Step, [space["function"]]).variables() == []


@pytest.mark.parametrize(
    "module", ["json", "os.path", "numpy.random", "pydantic", "distilabel.steps"]
)
def test_modules_that_are_not_the_users(module: str) -> None:
    __import__(module)
    assert not is_of_user(module)


def test_modules_of_the_user(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "own_helpers.py").write_text("")
    monkeypatch.syspath_prepend(tmp_path)
    __import__("own_helpers")
    assert is_of_user("own_helpers")
    assert is_of_user("__main__")
    assert is_of_user(__name__)


CALL = functools.partial(helper, 1)


class Cached(Step):
    @functools.cached_property
    def known(self) -> set[int]:
        return READ

    def process(self, inputs: StepInput) -> Any:
        yield [{**row, "new": row["n"] in self.known} for row in inputs]


class Property(Step):
    @property
    def known(self) -> set[int]:
        return READ

    def process(self, inputs: StepInput) -> Any:
        yield [{**row, "new": row["n"] in self.known} for row in inputs]


class Called(Step):
    def process(self, inputs: StepInput) -> Any:
        yield [{**row, "new": CALL()} for row in inputs]


@pytest.mark.parametrize("cls", [Cached, Called, Property])
def test_what_is_read_through_a_partial_or_a_property(cls: type[Step]) -> None:
    assert "READ" in {variable.name for variable in Code(cls).variables()}

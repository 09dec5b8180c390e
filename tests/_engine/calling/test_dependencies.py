"""A step is run again when something changes that it uses: other modules, constants, files."""

from __future__ import annotations

import dataclasses
import enum
import functools
import importlib
import itertools
import sys
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from pydantic import PrivateAttr

from distilabel._engine.calling.dependencies import dependencies_of
from distilabel._engine.calling.fingerprint import source_of
from distilabel.pipeline import Pipeline
from distilabel.steps import StepInput
from distilabel.steps.base import Step
from rooms import Fn, Numbers, rows_of

FACTOR = 2
WORDS = ["a"]


def double(n: int) -> int:
    return n * FACTOR


class Plain(Step):
    """Uses only its own module."""

    k: int = 1
    name_of_nothing: str = "no such file"

    def process(self, inputs: StepInput) -> Any:
        yield [{**row, "made": double(row["n"]) + len(WORDS) + self.k} for row in inputs]


def found(step: Step) -> list[str]:
    covered: set[int] = set()
    source_of(type(step), covered)
    return dependencies_of(step, covered)


def test_a_step_that_uses_its_own_module_has_the_digest_it_always_had() -> None:
    assert found(Plain()) == []
    assert found(Fn(function=double)) == []


@pytest.fixture
def package(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.chdir(tmp_path)
    yield tmp_path
    for name in ("own_step", "own_helpers", "own_base"):
        sys.modules.pop(name, None)


HELPERS = """
import dataclasses, functools, re
K = 1
BY = 1
PATTERN = re.compile("1")
CASE = re.compile("b")
@dataclasses.dataclass
class Settings:
    k: int = 1
SETTINGS = Settings()
def inner(n): return n + 1
@functools.cache
def cached(n): return n + 1
def add(n): return inner(n)
def shifted(n, by=BY): return n + by
class Adder:
    def add(self, n): return n + 1
class Derived(Adder): pass
"""

STEP = """
from typing import Any
import own_helpers
from own_helpers import add, cached, SETTINGS, PATTERN, Derived, K
from distilabel.steps import StepInput
from distilabel.steps.base import Step
class Own(Step):
    def process(self, inputs: StepInput) -> Any:
        yield [{**row, "made": %s} for row in inputs]
"""


def made(folder: Path) -> int:
    for name in ("own_step", "own_helpers"):
        sys.modules.pop(name, None)
    importlib.invalidate_caches()
    import linecache

    linecache.clearcache()
    own = importlib.import_module("own_step").Own
    with Pipeline(name="p", cache_dir=folder / "cache") as pipeline:
        Numbers(count=2) >> own()
    return int(rows_of(pipeline.run())[1]["made"])


@pytest.mark.parametrize(
    ("expression", "old", "new"),
    [
        ("add(row['n'])", "return n + 1\n@", "return n + 41\n@"),
        ("own_helpers.add(row['n'])", "return n + 1\n@", "return n + 41\n@"),
        ("cached(row['n'])", "def cached(n): return n + 1", "def cached(n): return n + 41"),
        ("row['n'] + own_helpers.K", "K = 1", "K = 41"),
        ("row['n'] + K", "K = 1", "K = 41"),
        ("own_helpers.shifted(row['n'])", "BY = 1", "BY = 41"),
        ("row['n'] + SETTINGS.k", "k: int = 1", "k: int = 41"),
        ("row['n'] + (1 if PATTERN.match('1') else 41)", 'compile("1")', 'compile("2")'),
        ("row['n'] + (41 if own_helpers.CASE.match('B') else 1)", '("b")', '("b", re.I)'),
        (
            "Derived().add(row['n'])",
            "def add(self, n): return n + 1",
            "def add(self, n): return n + 41",
        ),
    ],
)
def test_a_change_in_another_module_of_the_user(
    expression: str, old: str, new: str, package: Path
) -> None:
    assert old in HELPERS
    (package / "own_step.py").write_text(STEP % expression)
    (package / "own_helpers.py").write_text(HELPERS)
    assert made(package) == 2
    # Other bytes: the time of the file may be the same.
    (package / "own_helpers.py").write_text(HELPERS.replace(old, new) + "\n# changed\n")
    assert made(package) == 42


def test_an_edit_of_what_a_step_does_not_use_changes_nothing(package: Path) -> None:
    (package / "own_step.py").write_text(STEP % "add(row['n'])")
    (package / "own_helpers.py").write_text(HELPERS)
    made(package)
    before = found(importlib.import_module("own_step").Own())
    (package / "own_helpers.py").write_text("# a comment\n" + HELPERS.replace("K = 1", "K = 2"))
    made(package)
    assert found(importlib.import_module("own_step").Own()) == before


def test_a_keyword_default_that_is_a_variable() -> None:
    def make(k: int) -> Step:
        class Own(Step):
            def process(self, inputs: StepInput, *, by: int = k) -> Any:
                yield inputs

        return Own()

    assert found(make(1)) != found(make(2))
    assert found(make(1)) == found(make(1))


class Color(enum.Enum):
    RED = 1
    BLUE = 2


@dataclasses.dataclass
class Setting:
    value: int = 1


SETTING = Setting()
COLOR = Color.RED
CONFIGURATION = SimpleNamespace(a=[1])
PARTIAL = functools.partial(double, 3)


class Constant(Step):
    def process(self, inputs: StepInput) -> Any:
        yield [
            {**row, "made": (SETTING.value, PARTIAL(), COLOR, CONFIGURATION.a)} for row in inputs
        ]


def test_constants_that_are_objects(monkeypatch: pytest.MonkeyPatch) -> None:
    def uses() -> tuple[str, list[str]]:
        return source_of(Constant), found(Constant())

    texts = [uses()]
    monkeypatch.setitem(globals(), "SETTING", Setting(2))
    texts.append(uses())
    monkeypatch.setitem(globals(), "PARTIAL", functools.partial(double, 4))
    texts.append(uses())
    monkeypatch.setitem(globals(), "COLOR", Color.BLUE)
    texts.append(uses())
    monkeypatch.setitem(globals(), "CONFIGURATION", SimpleNamespace(a=[2]))
    texts.append(uses())
    assert all(one != two for one, two in itertools.pairwise(texts))
    assert texts[-1] == uses()


class Reading(Step):
    path: Any = None
    paths: list[Any] = []
    _private: Any = PrivateAttr(default=None)

    def process(self, inputs: StepInput) -> Any:
        yield inputs


@pytest.mark.parametrize("how", ["str", "Path", "list", "dict", "private", "home"])
def test_a_file_that_a_field_names(
    how: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = tmp_path / "words"
    monkeypatch.setenv("HOME", str(tmp_path))

    def step() -> Step:
        made = Reading(
            path={"str": str(file), "Path": file, "home": "~/words", "dict": {"a": [file]}}.get(
                how
            ),
            paths=[str(file)] if how == "list" else [],
        )
        made._private = file if how == "private" else None
        return made

    assert found(step()) == []
    file.write_text("a")
    before = found(step())
    assert len(before) == 1
    file.write_text("b")
    assert found(step()) != before
    file.write_text("a")
    assert found(step()) == before


def test_folders_and_long_texts_are_no_files(tmp_path: Path) -> None:
    assert found(Reading(path=str(tmp_path), paths=["x" * 10_000, "a\nb", "a\0b", ""])) == []


def test_a_large_file_is_told_by_its_size_and_time(tmp_path: Path) -> None:
    import os

    file = tmp_path / "large"
    with file.open("wb") as opened:
        opened.truncate(9 << 20)
    before = found(Reading(path=file))
    os.utime(file, (1, 1))
    assert found(Reading(path=file)) != before


def test_a_change_in_a_module_that_is_reached_through_its_package(package: Path) -> None:
    (package / "own_package").mkdir()
    (package / "own_package" / "__init__.py").write_text("from own_package import deep\n")
    (package / "own_package" / "deep.py").write_text("def add(n): return n + 1\n")
    (package / "own_step.py").write_text(
        "import own_package\n" + STEP % "own_package.deep.add(row['n'])"
    )
    (package / "own_helpers.py").write_text(HELPERS)
    assert made(package) == 2
    for name in ("own_package", "own_package.deep"):
        del sys.modules[name]
    (package / "own_package" / "deep.py").write_text("def add(n): return n + 41\n# changed\n")
    assert made(package) == 42
    for name in ("own_package", "own_package.deep"):
        del sys.modules[name]


class Named(Step):
    """Writes its own name into its rows."""

    @property
    def outputs(self) -> list[str]:
        return ["by"]

    def process(self, inputs: StepInput) -> Any:
        yield [{**row, "by": self.name} for row in inputs]


def test_two_steps_whose_code_reads_their_name_do_not_share_results(tmp_path: Path) -> None:
    for name in ("one", "other", "one"):
        with Pipeline(name="p", cache_dir=tmp_path) as pipeline:
            Numbers(count=3) >> Named(name=name)
        assert {row["by"] for row in rows_of(pipeline.run())} == {name}
    # The results of other steps are shared whatever their names are.
    assert not any(text.startswith("name ") for text in found(Plain(name="a")))

"""A step of the user's is not run again on what it was given before, and only then."""

from __future__ import annotations

import datetime
import functools
import os
import random
from collections.abc import Callable
from pathlib import Path
from typing import Any

import orjson
import pytest
from pydantic import Field, PrivateAttr, SecretStr

from distilabel._engine.calling.step_cache import StepCache, StepResult
from distilabel.pipeline import Pipeline
from distilabel.steps import StepInput, step
from distilabel.steps.base import Step
from rooms import Fn, Join, Numbers, rows_of

FACTOR = 1


class Calls:
    """Counts. (A list would be part of what the steps are made of.)"""

    def __init__(self) -> None:
        self.names: list[str] = []

    def append(self, name: str) -> None:
        self.names.append(name)


CALLS = Calls()


def helper(n: int) -> int:
    return n + 1


class Configured(Step):
    words: list[str] = Field(default_factory=list, exclude=True)
    function: Any = None

    def process(self, inputs: StepInput) -> Any:
        CALLS.append("configured")
        for row in inputs:
            row["made"] = [*self.words, str(self.function(row["n"]) if self.function else 0)]
        yield inputs


class Helped(Step):
    def process(self, inputs: StepInput) -> Any:
        CALLS.append("helped")
        yield [{**row, "made": helper(row["n"]) * FACTOR} for row in inputs]


class Unique(Step):
    _seen: set[int] = PrivateAttr(default_factory=set)

    def load(self) -> None:
        super().load()
        self._seen = set()

    def process(self, inputs: StepInput) -> Any:
        CALLS.append("unique")
        fresh = [row for row in inputs if row["n"] % 3 not in self._seen][:1]
        self._seen |= {row["n"] % 3 for row in fresh}
        yield fresh


def adder(k: int) -> Any:
    @step(inputs=["n"], outputs=["made"])
    def Add(inputs: StepInput) -> Any:
        CALLS.append("add")
        for row in inputs:
            row["made"] = row["n"] + k
        yield inputs

    return Add


@step(inputs=["n"], outputs=["made"])
def Lots(inputs: StepInput) -> Any:
    CALLS.append("lots")
    for row in inputs:
        row["made"] = random.random()
    yield inputs


@step(inputs=["n"], outputs=["when"])
def Times(inputs: StepInput) -> Any:
    CALLS.append("times")
    for row in inputs:
        row["when"] = (datetime.datetime(2024, 1, 1),)
    yield inputs


@pytest.fixture(autouse=True)
def no_calls() -> None:
    CALLS.names.clear()


def run(folder: Path, make: Callable[[], Step], count: int = 3, **options: Any) -> list[Any]:
    with Pipeline(name="p", cache_dir=folder) as pipeline:
        Numbers(count=count, batch_size=50) >> make()
    return rows_of(pipeline.run(**options))


def test_a_step_that_draws_lots_gives_the_same_again(tmp_path: Path) -> None:
    first = run(tmp_path, Lots)
    assert run(tmp_path, Lots) == first
    assert CALLS.names == ["lots"]
    assert run(tmp_path, Lots, use_cache=False) != first
    assert CALLS.names == ["lots", "lots"]


def test_use_cache_of_a_step_runs_it_again(tmp_path: Path) -> None:
    run(tmp_path, Lots)
    run(tmp_path, lambda: Lots(use_cache=False))
    assert CALLS.names == ["lots", "lots"]


def test_other_rows_are_worked_on(tmp_path: Path) -> None:
    run(tmp_path, lambda: Lots(input_batch_size=2), count=4)
    run(tmp_path, lambda: Lots(input_batch_size=2), count=6)
    assert CALLS.names == ["lots"] * 3


def test_two_steps_of_one_factory_are_two(tmp_path: Path) -> None:
    assert [row["made"] for row in run(tmp_path, adder(1))] == [1, 2, 3]
    assert [row["made"] for row in run(tmp_path, adder(10))] == [10, 11, 12]


def test_fields_that_are_not_dumped_count(tmp_path: Path) -> None:
    assert run(tmp_path, lambda: Configured(words=["a"]))[0]["made"] == ["a", "0"]
    assert run(tmp_path, lambda: Configured(words=["b"]))[0]["made"] == ["b", "0"]


def test_functions_as_fields_count_by_what_they_do(tmp_path: Path) -> None:
    one, two = (lambda n: n + 1), (lambda n: n + 2)
    assert run(tmp_path, lambda: Configured(function=one))[0]["made"] == ["1"]
    assert run(tmp_path, lambda: Configured(function=two))[0]["made"] == ["2"]
    assert run(tmp_path, lambda: Configured(function=two))[0]["made"] == ["2"]
    assert len(CALLS.names) == 2


def test_a_changed_default_of_a_function_counts(tmp_path: Path) -> None:
    def adding(amount: int) -> Any:
        def add(n: int, by: int = amount) -> int:
            return n + by

        return add

    assert run(tmp_path, lambda: Configured(function=adding(1)))[0]["made"] == ["1"]
    assert run(tmp_path, lambda: Configured(function=adding(2)))[0]["made"] == ["2"]


def test_a_helper_that_is_edited_counts(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert [row["made"] for row in run(tmp_path, Helped)] == [1, 2, 3]
    monkeypatch.setitem(globals(), "FACTOR", 10)
    assert [row["made"] for row in run(tmp_path, Helped)] == [10, 20, 30]

    def helper(n: int) -> int:
        return n + 5

    monkeypatch.setitem(globals(), "helper", helper)
    assert [row["made"] for row in run(tmp_path, Helped)] == [50, 60, 70]
    run(tmp_path, Helped)
    assert len(CALLS.names) == 3


def test_a_step_that_remembers_batches_is_not_left_out(tmp_path: Path) -> None:
    def make() -> Step:
        return Unique(input_batch_size=3)

    assert [row["n"] for row in run(tmp_path, make, count=6)] == [0, 4]
    assert [row["n"] for row in run(tmp_path, make, count=9)] == [0, 4, 8]


def test_what_json_cannot_hold_is_made_again_not_changed(tmp_path: Path) -> None:
    first = run(tmp_path, Times)
    assert run(tmp_path, Times) == first
    assert first[0]["when"] == [datetime.datetime(2024, 1, 1)]
    assert CALLS.names == ["times"] * 2


def test_a_batch_that_failed_is_tried_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Nothing of the step changes: a variable of its own would be part of the key.
    monkeypatch.setenv("SERVICE_OF_THE_STEP", "broken")

    @step(inputs=["n"], outputs=["made"])
    def Flaky(inputs: StepInput) -> Any:
        if os.environ["SERVICE_OF_THE_STEP"] == "broken":
            raise ValueError("not today")
        yield [{**row, "made": 1} for row in inputs]

    assert run(tmp_path, Flaky)[0]["made"] is None
    monkeypatch.setenv("SERVICE_OF_THE_STEP", "works")
    assert run(tmp_path, Flaky)[0]["made"] == 1


def test_rows_stored_where_their_origins_did_not_matter_are_joined_with_their_own(
    tmp_path: Path,
) -> None:
    class Reversed(Step):
        def process(self, inputs: StepInput) -> Any:
            CALLS.append("reversed")
            yield [{**row, "made": row["n"]} for row in reversed(inputs)]

    assert [row["made"] for row in run(tmp_path, Reversed)] == [2, 1, 0]
    with Pipeline(name="p", cache_dir=tmp_path) as pipeline:
        others = Fn(function=lambda rows: [{"other": row["n"]} | row for row in rows])
        Numbers(count=3, batch_size=50) >> [others, Reversed()] >> Join()
    rows = rows_of(pipeline.run())
    assert [(row["made"], row["other"]) for row in rows] == [(n, n) for n in range(3)]
    assert CALLS.names == ["reversed"]


def test_rows_from_the_cache_that_are_paired_by_position_are_said_too(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    class Renamed(Step):
        """Makes rows that do not tell from which ones they are made."""

        @property
        def inputs(self) -> list[str]:
            return ["text"]

        def process(self, inputs: StepInput) -> Any:
            CALLS.append("renamed")
            yield [{"made": row["text"]} for row in inputs]

    for _ in range(2):
        caplog.clear()
        rows = run(tmp_path, lambda: Renamed(input_mappings={"text": "n"}))
        assert [(row["made"], row["text"]) for row in rows] == [(0, "0"), (1, "1"), (2, "2")]
        assert "paired by position" in caplog.text
    assert CALLS.names == ["renamed"]


class Earlier(dict[bytes, bytes]):
    """A store in which an earlier version has left a result for every batch, without its form."""

    def get(self, key: bytes, default: Any = None) -> Any:
        return orjson.dumps([[{"made": "stored"}], None])

    def put_later(self, key: bytes, value: bytes) -> None:
        self[key] = value


@pytest.mark.parametrize("mappings", [{}, {"text": "n"}])
def test_a_result_of_an_earlier_version_is_not_trusted_under_mappings(mappings: Any) -> None:
    """It may have put columns that a mapping hides into other rows."""
    store: Any = Earlier()
    cache = StepCache(Helped(name="a", input_mappings=mappings), store, reuse=True)
    made = StepResult([{"made": "anew"}], range(1))
    result = cache.result([{"n": 1}], lambda: made)
    assert result.rows == [{"made": "anew" if mappings else "stored"}]
    assert bool(store) == bool(mappings)


class Keyed(Step):
    key: SecretStr
    tag: str = ""

    def process(self, inputs: StepInput) -> Any:
        CALLS.append("keyed")
        yield [{**row, "made": self.tag} for row in inputs]


def test_another_key_runs_nothing_again(tmp_path: Path) -> None:
    for key, tag in (("old", "a"), ("new", "a"), ("new", "b")):
        rows = run(tmp_path, functools.partial(Keyed, key=SecretStr(key), tag=tag))
        assert rows[0]["made"] == tag
    assert CALLS.names == ["keyed"] * 2

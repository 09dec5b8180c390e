"""Sources: what a user's generator does wrong is said by name, and what it holds stays as it is."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from pydantic import Field

from distilabel.pipeline import Pipeline
from distilabel.steps import LoadDataFromDicts
from distilabel.steps.base import GeneratorStep
from rooms import Ask, Echo, Fn, Join, Numbers, rows_of


class Gen(GeneratorStep):
    function: Any = Field(default=None, exclude=True)

    @property
    def outputs(self) -> list[str]:
        return ["text"]

    def process(self, offset: int = 0) -> Any:
        yield from self.function()


def run(function: Callable[[], Any], folder: Path) -> Any:
    with Pipeline(name="p", cache_dir=folder) as pipeline:
        Gen(name="mine", function=function) >> Fn()
    return pipeline.run()


def test_a_failure_in_the_middle_names_the_step_and_what_was_asked_is_kept(tmp_path: Path) -> None:
    broken = [True]

    def function() -> Any:
        for i in range(5):
            if i == 3 and broken[0]:
                raise OSError("the disk is gone")
            yield [{"text": f"{i}.{j}"} for j in range(10)], i == 4

    def make() -> tuple[Any, Echo]:
        with Pipeline(name="p", cache_dir=tmp_path) as pipeline:
            llm = Echo(delay=0.05)
            # Slow enough for the first questions to be on their way when it fails.
            Gen(name="mine", function=function) >> Ask(llm=llm)
        return pipeline, llm

    pipeline, first = make()
    with pytest.raises(RuntimeError, match=r"'mine' failed while making rows: OSError.*run again"):
        pipeline.run()
    broken[0] = False
    pipeline, second = make()
    assert len(rows_of(pipeline.run())) == 50
    assert len(first.asked) + len(second.asked) == 50


@pytest.mark.parametrize(
    ("made", "words"),
    [
        ([{"text": "a"}], "must yield pairs"),
        ([(["a"], True)], "yielded a str"),
        ([(3, True)], "must yield pairs"),
        ([([{"text": "a"}], False, 1)], "must yield pairs"),
    ],
)
def test_what_is_no_pair_of_rows_and_last(made: Any, words: str, tmp_path: Path) -> None:
    with pytest.raises(RuntimeError, match=rf"'mine' failed.*{words}"):
        run(lambda: iter(made), tmp_path)


def test_no_rows_at_all(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="mine made no rows"):
        run(lambda: iter([([], True)]), tmp_path)


def test_one_that_never_says_last_ends_anyway(tmp_path: Path) -> None:
    assert len(rows_of(run(lambda: iter([([{"text": "a"}], False)] * 3), tmp_path))) == 3


def test_empty_batches_are_no_end(tmp_path: Path) -> None:
    made: Any = [([], False), ([{"text": "a"}], False), ([], False), ([{"text": "b"}], True)]
    assert [row["text"] for row in rows_of(run(lambda: iter(made), tmp_path))] == ["a", "b"]


def test_what_it_holds_is_not_changed_by_later_steps(tmp_path: Path) -> None:
    held: Any = [{"text": "a", "list": [1], "dict": {"a": [2]}}]

    def spoil(rows: Any) -> Any:
        for row in rows:
            row["text"] = "spoilt"
            row["list"].append("spoilt")
            row["dict"]["a"].append("spoilt")
        return [{"n": len(row["list"])} for row in rows]

    with Pipeline(name="p", cache_dir=tmp_path) as pipeline:
        Gen(function=lambda: iter([(held, False), (held, True)])) >> Fn(function=spoil)
    assert rows_of(pipeline.run(use_cache=False)) == [{"n": 2}, {"n": 2}]
    assert rows_of(pipeline.run(use_cache=False)) == [{"n": 2}, {"n": 2}]
    assert held == [{"text": "a", "list": [1], "dict": {"a": [2]}}]


def test_the_data_of_the_caller_stay_as_they_are(tmp_path: Path) -> None:
    data: Any = [{"list": [1]}]

    def spoil(rows: Any) -> Any:
        rows[0]["list"].append(2)
        return rows

    with Pipeline(name="p", cache_dir=tmp_path) as pipeline:
        LoadDataFromDicts(data=data) >> Fn(function=spoil)
    pipeline.run()
    assert data == [{"list": [1]}]


@pytest.mark.parametrize("lengths", [(10, 3000), (3000, 10), (2500, 2500)])
def test_sources_of_different_length(lengths: tuple[int, int], tmp_path: Path) -> None:
    with Pipeline(name="p", cache_dir=tmp_path) as pipeline:
        a = Numbers(name="a", count=lengths[0], batch_size=7)
        b = Numbers(name="b", count=lengths[1], batch_size=11, output_mappings={"n": "m"})
        [a, b] >> Join(name="join")
    distiset = pipeline.run()
    shorter = min(lengths)
    assert [(r["n"], r["m"]) for r in rows_of(distiset)] == [(n, n) for n in range(shorter)]
    assert distiset.report.balanced
    assert distiset.report.steps["join"].dropped == max(lengths) - shorter


def test_no_more_rows_are_on_their_way_than_have_room(tmp_path: Path) -> None:
    """A slow end holds up a source that would go on for ever."""
    made, most, ended = [0], [0], [0]

    def function() -> Any:
        while made[0] < 20_000:
            made[0] += 100
            most[0] = max(most[0], made[0] - ended[0])
            yield [{"text": "x"}] * 100, made[0] == 20_000

    def slow(rows: Any) -> Any:
        ended[0] += len(rows)
        return rows

    with Pipeline(name="p", cache_dir=tmp_path) as pipeline:
        Gen(function=function) >> Fn(function=slow, input_batch_size=10)
    pipeline.run()
    assert ended[0] == 20_000
    assert most[0] < 2000


def test_a_slow_disk_holds_up_the_source(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    import time

    from distilabel._engine.storage import parquet_writer

    made, most, written = [0], [0], [0]
    monkeypatch.setattr(parquet_writer, "_PART_ROWS", 500)
    write = parquet_writer.ParquetWriter._write_part

    def slow(self: Any, keys: Any, rows: Any) -> None:
        time.sleep(0.05)
        write(self, keys, rows)
        written[0] += len(rows)

    monkeypatch.setattr(parquet_writer.ParquetWriter, "_write_part", slow)

    def function() -> Any:
        while made[0] < 20_000:
            made[0] += 100
            most[0] = max(most[0], made[0] - written[0])
            yield [{"text": "x"}] * 100, made[0] == 20_000

    with Pipeline(name="p", cache_dir=tmp_path) as pipeline:
        Gen(function=function)
    assert len(rows_of(pipeline.run())) == 20_000
    assert most[0] < 4000

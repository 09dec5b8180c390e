"""A run with `target_rows` ends with exactly so many rows, the same again; it asks few more."""

from __future__ import annotations

import itertools
import logging
import signal
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from distilabel._engine.rows.limit import RowLimit
from distilabel._engine.rows.rows import RowChunk
from distilabel.pipeline import Pipeline, sample_n_steps
from distilabel.steps.base import GeneratorStep
from distilabel.steps.tasks.base import GeneratorTask
from rooms import Ask, Echo, Fn, FnGlobal, Join, Numbers, rows_of, script


class Endless(GeneratorStep):
    """Rows `{"n": 0}`, `{"n": 1}`, ... for ever."""

    @property
    def outputs(self) -> list[str]:
        return ["n", "text"]

    def process(self, offset: int = 0) -> Any:
        size = self.batch_size or 50
        for start in itertools.count(0, size):
            yield [{"n": n, "text": str(n)} for n in range(start, start + size)], False


class Uneven(Echo):
    """Some answers take longer than others: rows overtake each other."""

    async def agenerate(  # type: ignore[override]
        self, input: Any, num_generations: int = 1, temperature: float = 1.0
    ) -> Any:
        self.delay = 0.02 if int(input[-1]["content"]) % 7 == 0 else 0.0
        return await super().agenerate(input, num_generations, temperature)


def numbers(distiset: Any, name: str = "default") -> list[int]:
    return [row["n"] for row in rows_of(distiset, name)]


def third(rows: Any) -> Any:
    return [row for row in rows if row["n"] % 3 == 0]


def test_without_a_filter_exactly_so_many_are_asked_for(tmp_path: Path) -> None:
    with Pipeline(name="p", cache_dir=tmp_path) as pipeline:
        Endless() >> Ask(llm=(llm := Uneven()))
    distiset = pipeline.run(target_rows=120)
    assert numbers(distiset) == list(range(120))
    assert len(llm.asked) == 120
    assert distiset.report.balanced
    (leaf,) = distiset.report.accepted.values()
    assert (leaf.kept, leaf.wanted, leaf.rate) == (120, 120, 1.0)


def test_behind_a_filter_they_are_the_first_ones_and_few_more_are_asked(tmp_path: Path) -> None:
    def once(rows: int) -> tuple[Any, Uneven]:
        with Pipeline(name="p", cache_dir=tmp_path) as pipeline:
            llm = Uneven(max_concurrency=64)
            Endless(batch_size=10) >> Ask(llm=llm) >> Fn(function=third, input_batch_size=5)
        return pipeline.run(target_rows=rows), llm

    first, llm = once(400)
    assert numbers(first) == list(range(0, 1200, 3))
    assert first.report.accepted_rate == pytest.approx(1 / 3, abs=0.03)
    # Far fewer than the 1,024 rows that may be on their way elsewhere.
    assert len(llm.asked) < 1200 + 150
    assert "400 of 400 rows accepted" in str(first.report)
    assert first.report.rows == 400
    asked = set(llm.asked)
    again, llm = once(400)
    assert rows_of(again) == rows_of(first)
    assert len(set(llm.asked) - asked) == len(llm.asked) < 150
    asked |= set(llm.asked)
    more, llm = once(1000)
    assert numbers(more) == list(range(0, 3000, 3))
    assert not asked & set(llm.asked)


def test_one_row_that_takes_long_is_waited_for(tmp_path: Path) -> None:
    class Late(Echo):
        async def agenerate(self, input: Any, num_generations: int = 1) -> Any:  # type: ignore[override]
            self.delay = 0.5 if input[-1]["content"] == "0" else 0.0
            return await super().agenerate(input, num_generations)

    with Pipeline(name="p", cache_dir=tmp_path) as pipeline:
        Endless() >> Ask(llm=(llm := Late()))
    assert numbers(pipeline.run(target_rows=30)) == list(range(30))
    assert len(llm.asked) == 30


def test_every_leaf_has_them(tmp_path: Path) -> None:
    with Pipeline(name="p", cache_dir=tmp_path) as pipeline:
        load = Endless()
        load >> [Fn(name="few", function=third), Fn(name="all"), Fn(name="twice", function=double)]
    distiset = pipeline.run(target_rows=70)
    assert numbers(distiset, "few") == list(range(0, 210, 3))
    assert numbers(distiset, "all") == list(range(70))
    assert numbers(distiset, "twice") == [n // 2 for n in range(70)]
    assert distiset.report.balanced


def double(rows: Any) -> Any:
    return [dict(row) for row in rows for _ in range(2)]


def test_joined_branches_and_a_batch_that_is_never_full(tmp_path: Path) -> None:
    with Pipeline(name="p", cache_dir=tmp_path) as pipeline:
        load = Endless(batch_size=7)
        asked = Ask(llm=Uneven())
        load >> [asked, Fn(name="beside", function=third)] >> Join() >> Fn(input_batch_size=64)
    assert numbers(pipeline.run(target_rows=10)) == list(range(0, 30, 3))


def test_rows_that_are_routed_go_the_same_way_again(tmp_path: Path) -> None:
    def once(rows: int) -> Any:
        with Pipeline(name="p", cache_dir=tmp_path) as pipeline:
            ways = [
                Fn(name=name, input_batch_size=10, function=mark(name)) for name in ("a", "b", "c")
            ]
            Endless(batch_size=10) >> sample_n_steps(1) >> ways >> Join(input_batch_size=10)
        return rows_of(pipeline.run(target_rows=rows))

    first = once(45)
    assert [row["n"] for row in first] == list(range(45))
    assert once(75)[:45] == first


def mark(name: str) -> Callable[[Any], Any]:
    return lambda rows: [{**row, "way": name} for row in rows]


def test_a_generator_that_ends_before_gives_what_there_is_and_a_warning(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    with Pipeline(name="p", cache_dir=tmp_path) as pipeline:
        Numbers(count=30) >> Fn(function=third)
    with caplog.at_level(logging.WARNING):
        distiset = pipeline.run(target_rows=11)
    assert numbers(distiset) == list(range(0, 30, 3))
    assert "has 10 of the 11 target rows" in caplog.text
    assert distiset.report.balanced


def test_of_a_generator_that_ends_no_more_are_kept_than_wanted(tmp_path: Path) -> None:
    with Pipeline(name="p", cache_dir=tmp_path) as pipeline:
        Numbers(count=300) >> Fn()
    assert numbers(pipeline.run(target_rows=60)) == list(range(60))


def test_more_rows_than_one_file_holds(tmp_path: Path) -> None:
    with Pipeline(name="p", cache_dir=tmp_path) as pipeline:
        Endless(batch_size=500) >> Fn(input_batch_size=500)
    assert numbers(pipeline.run(target_rows=25_001)) == list(range(25_001))


def test_a_step_that_needs_all_rows_is_refused_before_anything_is_asked(tmp_path: Path) -> None:
    with Pipeline(name="p", cache_dir=tmp_path) as pipeline:
        Endless() >> Ask(llm=(llm := Echo())) >> FnGlobal(name="mean")
    with pytest.raises(ValueError, match="mean needs all rows at once"):
        pipeline.run(target_rows=5)
    with pytest.raises(ValueError, match="cannot be combined with load_groups"):
        pipeline.run(target_rows=5, load_groups=[["mean"]])
    with pytest.raises(ValueError, match="1 or more"):
        pipeline.run(target_rows=0)
    assert llm.asked == []


def test_a_generator_that_hangs_when_there_are_enough_keeps_nobody_waiting(tmp_path: Path) -> None:
    class Slow(Endless):
        def process(self, offset: int = 0) -> Any:
            yield [{"n": n, "text": ""} for n in range(20)], False
            time.sleep(60)

    with Pipeline(name="p", cache_dir=tmp_path) as pipeline:
        Slow() >> Fn(input_batch_size=4)
    assert numbers(pipeline.run(target_rows=20)) == list(range(20))


def test_what_is_missing_decides_how_many_may_be_on_their_way() -> None:
    quota = RowLimit(10, window=1000)
    assert quota.room(0) == 10
    quota.take(RowChunk([(0,)], [{}], range(20)))
    # One of twenty: the nine that are missing need many, fewer than if none had come.
    assert 9 * 10 < quota.room(20) < 9 * 20
    quota.take(RowChunk([(n,) for n in range(20, 29)], [{}] * 9, range(21, 29)))
    assert quota.room(29) <= 0
    assert not quota.is_met
    assert [key[0] for key in quota.take(RowChunk([], [], [20])).keys] == list(range(20, 29))
    assert quota.is_met


def test_rows_that_wait_behind_a_slow_one_are_bounded() -> None:
    """However many rows overtake it: they wait in memory."""
    window = 10
    quota = RowLimit(1_000_000, window=window)
    sent = 1
    while (room := quota.room(sent)) > 0:
        some = range(sent, sent + min(room, window))
        # Row 0 is slow; all others are done at once.
        assert quota.take(RowChunk([(n,) for n in some], [{}] * len(some), some)).rows == []
        sent += len(some)
        assert sent <= 100 * window
    assert sent > window
    assert len(quota.take(RowChunk([(0,)], [{}], range(1))).rows) == sent
    assert quota.room(sent) > 0


def test_rows_behind_one_that_never_ended_are_there_at_the_end() -> None:
    quota = RowLimit(2, window=10)
    assert quota.take(RowChunk([(1,), (2,), (3,)], [{"n": n} for n in "abc"], [1, 2, 3])).rows == []
    assert quota.end().rows == [{"n": "a"}, {"n": "b"}]
    assert quota.is_met


def test_stopped_before_it_gives_what_is_done(tmp_path: Path) -> None:
    text = f"""
        import asyncio, sys
        sys.path.insert(0, {str(Path(__file__).parents[2])!r})
        from rooms import Ask, Echo
        from _engine.rows.test_limit import Endless
        from distilabel.pipeline import Pipeline

        class Slow(Echo):
            async def agenerate(self, input, num_generations=1):
                if input[-1]["content"] == "29":
                    print("asked", flush=True)
                if input[-1]["content"] in ("0", "29"):
                    await asyncio.sleep(2)
                return await super().agenerate(input, num_generations)

        with Pipeline(name="p", cache_dir="cache") as pipeline:
            Endless(batch_size=10) >> Ask(llm=Slow(max_concurrency=3))
        distiset = pipeline.run(target_rows=1000)
        print(distiset.report.interrupted, *distiset["default"]["train"]["n"])
    """
    process = script(text, tmp_path)
    assert process.stdout is not None
    assert process.stdout.readline() == "asked\n"
    process.send_signal(signal.SIGINT)
    out, err = process.communicate(timeout=60)
    interrupted, *done = out.split()
    assert interrupted == "True", err
    # Those that had overtaken a slow one are there too.
    assert {str(n) for n in range(30)} <= set(done)
    assert done == sorted(done, key=int)


class Invent(GeneratorTask):
    """Rows that a model invents, for ever."""

    @property
    def outputs(self) -> list[str]:
        return ["n", "text"]

    def format_output(self, output: str | None, input: Any = None) -> dict[str, Any]:
        return {"text": output}

    def process(self, offset: int = 0) -> Any:
        for start in itertools.count(0, 5):
            chats: Any = [[{"role": "user", "content": str(n)}] for n in range(start, start + 5)]
            answers = self.llm.generate_outputs(inputs=chats)
            texts = [answer["generations"][0] for answer in answers]
            yield [{"n": start + i, "text": text} for i, text in enumerate(texts)], False


def test_a_model_that_makes_the_rows_is_not_asked_for_ever(tmp_path: Path) -> None:
    def once(rows: int) -> tuple[Any, Echo]:
        with Pipeline(name="p", cache_dir=tmp_path) as pipeline:
            Invent(llm=(llm := Echo(delay=0.01))) >> Fn(function=third, input_batch_size=10)
        return pipeline.run(target_rows=rows), llm

    first, llm = once(20)
    assert [row["text"] for row in rows_of(first)] == [f"{n}/0" for n in range(0, 60, 3)]
    assert 60 <= len(llm.asked) < 150
    asked = set(llm.asked)
    more, llm = once(60)
    assert numbers(more) == list(range(0, 180, 3))
    assert not asked & set(llm.asked)

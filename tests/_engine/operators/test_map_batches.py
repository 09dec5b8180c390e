"""Batches are exactly as large as asked, of consecutive rows, and one that fails fails alone."""

from __future__ import annotations

import random
from pathlib import Path
from typing import Any

import pytest

from distilabel._engine.operators import map_batches
from distilabel.errors import EndpointError
from distilabel.pipeline import Pipeline
from distilabel.steps import KeepColumns
from distilabel.steps.base import StepInput
from rooms import Ask, Echo, Fn, Join, Numbers, rows_of


class Shuffled(Echo):
    """Answers late questions first."""

    async def agenerate(self, input: Any, num_generations: int = 1, **kwargs: Any) -> Any:  # type: ignore[override]
        import asyncio

        await asyncio.sleep(random.Random(input[-1]["content"]).uniform(0, 0.02))
        return await super().agenerate(input, num_generations)


def run_one(folder: Path, count: int = 10, cls: type[Fn] = Fn, **fields: Any) -> Any:
    with Pipeline(name="p", cache_dir=folder) as pipeline:
        Numbers(count=count, batch_size=4) >> cls(**fields)
    return pipeline.run()


@pytest.mark.parametrize("size", [1, 3, 7, 100, 5000])
def test_batches_are_of_consecutive_rows_however_answers_come(size: int, tmp_path: Path) -> None:
    with Pipeline(name="p", cache_dir=tmp_path) as pipeline:
        step = Fn(input_batch_size=size)
        Numbers(count=50, batch_size=8) >> Ask(llm=Shuffled()) >> step
    distiset = pipeline.run()
    batches = [[row["n"] for row in batch] for batch in step.seen]
    assert batches == [list(range(50))[i : i + size] for i in range(0, 50, size)]
    assert [row["n"] for row in rows_of(distiset)] == list(range(50))
    assert distiset.report.balanced


def test_a_batch_that_raises_fails_alone(tmp_path: Path) -> None:
    def function(rows: Any) -> Any:
        if rows[0]["n"] == 4:
            raise ZeroDivisionError("four")
        return rows

    distiset = run_one(tmp_path, function=function, input_batch_size=2)
    rows = rows_of(distiset)
    assert [row["n"] for row in rows] == list(range(10))
    failed = [row["n"] for row in rows if (row["distilabel_metadata"] or {}).get("error_fn_0")]
    assert failed == [4, 5]
    assert [failure["key"] for failure in distiset.failures] == [(4,), (5,)]
    assert distiset.failures[0]["type"] == "ZeroDivisionError"
    assert distiset.report.balanced


@pytest.mark.parametrize(
    ("made", "words"),
    [
        (["a", "b"], "yielded a str"),
        ([None], "yielded a NoneType"),
        ([[{"a": 1}]], "yielded a list"),
        (3, "yielded a int"),
        ({"a": 1}, "yielded a dict"),
        ("text", "yielded a str"),
        (None, "yielded a NoneType"),
    ],
)
def test_what_is_no_row_is_said_with_the_name_of_the_step(
    made: Any, words: str, tmp_path: Path
) -> None:
    distiset = run_one(tmp_path, count=2, function=lambda rows: made)
    assert words in distiset.failures[0]["message"]
    assert "fn_0" in distiset.failures[0]["message"]
    assert distiset.report.balanced


def test_a_column_that_is_promised_and_not_given_is_told_once(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    class Promises(Fn):
        @property
        def outputs(self) -> Any:
            return {"sum": True, "n": True, "maybe": False}

    rows = rows_of(run_one(tmp_path, cls=Promises, input_batch_size=2))
    assert len(rows) == 10
    assert caplog.text.count("makes no column 'sum', which `outputs` names") == 1


def test_a_step_may_yield_nothing_and_is_told_what_that_means(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    class Silent(Fn):
        def process(self, inputs: StepInput) -> Any:
            yield from ()

    distiset = run_one(tmp_path, cls=Silent)
    assert dict(distiset) == {}
    assert distiset.report.steps["silent_0"].dropped == 10
    assert "silent_0: `process` yielded nothing for a batch, so its rows are dropped" in caplog.text
    assert distiset.report.balanced


def test_a_step_may_yield_several_times(tmp_path: Path) -> None:
    class OneByOne(Fn):
        def process(self, inputs: StepInput) -> Any:
            for row in inputs:
                yield [row]
                yield [{**row, "n": -row["n"]}]

    distiset = run_one(tmp_path, count=4, cls=OneByOne, input_batch_size=3)
    assert [row["n"] for row in rows_of(distiset)] == [0, 0, 1, -1, 2, -2, 3, -3]
    assert distiset.report.balanced


def test_a_step_may_return_its_rows(tmp_path: Path) -> None:
    class Returns(Fn):
        def process(self, inputs: StepInput) -> Any:
            return [{**row, "n": row["n"] + 1} for row in inputs]

    assert [row["n"] for row in rows_of(run_one(tmp_path, 3, Returns))] == [1, 2, 3]


def test_a_step_that_returns_nothing_is_told_what_to_do(tmp_path: Path) -> None:
    class Forgets(Fn):
        def process(self, inputs: StepInput) -> Any:
            return None

    distiset = run_one(tmp_path, 2, Forgets)
    assert "returned None. Yield a list of rows" in distiset.failures[0]["message"]


def test_the_order_a_step_gives_is_kept(tmp_path: Path) -> None:
    distiset = run_one(tmp_path, function=lambda rows: rows[::-1], input_batch_size=5)
    assert [row["n"] for row in rows_of(distiset)] == [4, 3, 2, 1, 0, 9, 8, 7, 6, 5]


def test_where_rows_are_joined_they_are_matched_not_reordered(tmp_path: Path) -> None:
    with Pipeline(name="p", cache_dir=tmp_path) as pipeline:
        load = Numbers(count=10)
        turned = Fn(name="turned", function=lambda rows: rows[::-1])
        marked = Fn(name="marked", function=lambda rows: [{"m": row["n"]} for row in rows])
        load >> [turned, marked] >> Join()
    assert [(row["n"], row["m"]) for row in rows_of(pipeline.run())] == [(n, n) for n in range(10)]


def test_where_all_came_the_same_way_the_order_is_kept_through_a_join(tmp_path: Path) -> None:
    with Pipeline(name="p", cache_dir=tmp_path) as pipeline:
        turned = Fn(name="turned", function=lambda rows: rows[::-1])
        Numbers(count=10) >> turned >> [Fn(name="a"), Fn(name="b")] >> Join()
    assert [row["n"] for row in rows_of(pipeline.run())] == list(range(10))[::-1]


def test_too_many_rows_of_nobody(tmp_path: Path) -> None:
    function = lambda rows: [{"x": i} for i in range(7)]  # noqa: E731
    distiset = run_one(tmp_path, function=function, input_batch_size=5)
    assert [row["x"] for row in rows_of(distiset)] == [*range(7), *range(7)]
    assert distiset.report.balanced


def test_a_row_given_twice_is_two_rows_further_down(tmp_path: Path) -> None:
    def change(rows: Any) -> Any:
        for i, row in enumerate(rows):
            row["i"] = i
        return rows

    with Pipeline(name="p", cache_dir=tmp_path) as pipeline:
        twice = Fn(name="twice", function=lambda rows: [row for row in rows for _ in range(2)])
        Numbers(count=3) >> twice >> Fn(name="change", function=change)
    assert [(row["n"], row["i"]) for row in rows_of(pipeline.run())] == [
        (0, 0),
        (0, 1),
        (1, 2),
        (1, 3),
        (2, 4),
        (2, 5),
    ]


def test_several_predecessors_give_rows_that_belong_together(tmp_path: Path) -> None:
    with Pipeline(name="p", cache_dir=tmp_path) as pipeline:
        load = Numbers(count=100, batch_size=7)
        odd = Fn(name="odd", function=lambda rows: [r for r in rows if r["n"] % 2])
        third = Fn(
            name="third",
            function=lambda rows: [row.update(m=row["n"]) or row for row in rows if row["n"] % 3],
        )
        join = Join(input_batch_size=10)
        load >> [odd, third] >> join
    distiset = pipeline.run()
    both = [n for n in range(100) if n % 2 and n % 3]
    assert [(row["n"], row["m"]) for row in rows_of(distiset)] == [(n, n) for n in both]
    assert join.seen == [[10, 10]] * (len(both) // 10) + [[len(both) % 10] * 2]
    assert distiset.report.balanced


def test_branches_do_not_share_rows(tmp_path: Path) -> None:
    def spoil(rows: Any) -> Any:
        for row in rows:
            row["list"].append("spoilt")
        return rows

    with Pipeline(name="p", cache_dir=tmp_path) as pipeline:
        load = Numbers(count=5)
        start = Fn(name="start", function=lambda rows: [{**r, "list": [r["n"]]} for r in rows])
        load >> start >> [Fn(name="spoil", function=spoil), Fn(name="keep")]
    distiset = pipeline.run()
    assert [row["list"] for row in rows_of(distiset, "keep")] == [[n] for n in range(5)]


def test_a_filter_that_drops_nearly_everything_does_not_stop_the_rows(tmp_path: Path) -> None:
    with Pipeline(name="p", cache_dir=tmp_path) as pipeline:
        rare = Fn(
            name="rare",
            function=lambda rows: [r for r in rows if r["n"] % 3000 == 0],
            input_batch_size=10,
        )
        last = Fn(name="last", input_batch_size=4000)
        Numbers(count=10_000, batch_size=100) >> rare >> KeepColumns(columns=["n"]) >> last
    distiset = pipeline.run()
    assert [row["n"] for row in rows_of(distiset)] == [0, 3000, 6000, 9000]
    assert distiset.report.balanced


def test_rows_of_failed_tasks_go_through_plain_steps(tmp_path: Path) -> None:
    with Pipeline(name="p", cache_dir=tmp_path) as pipeline:
        step = Fn()
        Numbers(count=3) >> Ask(llm=Echo(fails_on=["1"])) >> step
    assert [row["answer"] for row in rows_of(pipeline.run())] == ["0/0", None, "2/0"]


@pytest.mark.parametrize("way", ["process", "generate"])
def test_answers_to_a_process_of_the_users_are_kept_however_it_asks(
    way: str, tmp_path: Path
) -> None:
    class Own(Ask):
        def process(self, inputs: StepInput) -> Any:
            if way == "process":
                yield from super().process(inputs)
                return
            outputs = self.llm.generate([self.format_input(row) for row in inputs])
            yield [
                {**row, "answer": output["generations"][0]}
                for row, output in zip(inputs, outputs, strict=True)
            ]

    def once(llm: Echo) -> Any:
        with Pipeline(name="p", cache_dir=tmp_path) as pipeline:
            Numbers(count=10) >> Own(name="own", llm=llm)
        return pipeline.run()

    first = once(Echo())
    assert first.report.steps["own"].answered == 10
    again = Echo()
    assert rows_of(once(again)) == rows_of(first)
    assert again.asked == []


def test_answers_of_models_in_any_field_are_counted_and_stored(tmp_path: Path) -> None:
    class Panel(Fn):
        judges: list[Echo]

        def process(self, inputs: StepInput) -> Any:
            chats: Any = [[{"role": "user", "content": row["text"]}] for row in inputs]
            for judge in self.judges:
                for row, output in zip(inputs, judge.generate(chats), strict=True):
                    row[str(judge.identity)] = output["generations"][0]
            yield inputs

    def run() -> tuple[Any, list[Echo]]:
        with Pipeline(name="p", cache_dir=tmp_path) as pipeline:
            panel = Panel(name="panel", judges=[Echo(identity="one"), Echo(identity="two")])
            Numbers(count=5) >> panel
        return pipeline.run(), panel.judges

    distiset, judges = run()
    assert [len(judge.asked) for judge in judges] == [5, 5]
    assert distiset.report.steps["panel"].asked == 10
    again, judges = run()
    assert [judge.asked for judge in judges] == [[], []]
    assert again.report.steps["panel"].reused == 10
    assert rows_of(again) == rows_of(distiset)


def test_a_slow_step_sees_its_batches_in_order(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A batch at a time is passed to the thread, though many are waiting."""
    monkeypatch.setattr(map_batches, "_AT_ONCE_SECONDS", -1.0)
    with Pipeline(name="p", cache_dir=tmp_path) as pipeline:
        step = Fn(input_batch_size=3)
        Numbers(count=60, batch_size=60) >> step
    pipeline.run()
    assert [row["n"] for batch in step.seen for row in batch] == list(range(60))


def test_an_endpoint_that_fails_in_a_plain_step_is_told_with_the_name_of_the_step(
    tmp_path: Path,
) -> None:
    def function(rows: Any) -> Any:
        raise EndpointError("the key is wrong")

    with pytest.raises(EndpointError, match=r"^judge: the key is wrong"):
        run_one(tmp_path, name="judge", function=function)


def test_a_failing_step_keeps_what_tasks_wrote_about_the_row(tmp_path: Path) -> None:
    def function(rows: Any) -> Any:
        raise ZeroDivisionError("broken")

    with Pipeline(name="p", cache_dir=tmp_path) as pipeline:
        ask = Ask(name="ask", llm=Echo())
        Numbers(count=2) >> ask >> Fn(name="fails", function=function)
    for row in rows_of(pipeline.run()):
        metadata = row["distilabel_metadata"]
        assert metadata["error_fails"]["message"] == "broken"
        assert metadata["raw_output_ask"] == row["answer"]
        assert metadata["statistics_ask"]["output_tokens"] == 2

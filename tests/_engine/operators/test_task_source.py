"""Generators of independent rows in a run: in order, all at a time, asked once, stopped early."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from pydantic import Field

from distilabel.errors import RowError
from distilabel.pipeline import Pipeline
from distilabel.steps.tasks.row_generator import RowGenerator
from rooms import Ask, Echo, Fn, FnGlobal, Join, Numbers, rows_of


class Asked(RowGenerator):
    """Asks for numbers, later ones sooner answered; remembers which."""

    count: int = 200
    begun: list[int] = Field(default_factory=list, exclude=True)
    breaks_on: int = Field(default=-1, exclude=True)

    @property
    def outputs(self) -> list[str]:
        return ["n", "text", "model_name"]

    def format_output(self, output: str | None, input: Any = None) -> dict[str, Any]:
        return {"n": None, "text": output}

    def _known_length(self) -> int:
        return self.count

    async def arow(self, number: int, ask: Any) -> dict[str, Any]:
        self.begun.append(number)
        if number == self.breaks_on:
            raise RuntimeError("wrong code")
        output = await ask([{"role": "user", "content": f"{number}"}])
        return {"n": number, "text": output["generations"][0], "model_name": "echo"}


class Own(Asked):
    """Brings a `process` of its own."""

    def process(self, offset: int = 0) -> Any:
        yield from super().process(offset)


def pipeline(folder: Path, kind: type[Asked] = Asked, **fields: Any) -> tuple[Pipeline, Any]:
    with Pipeline(name="p", cache_dir=folder) as made:
        step = kind(name="gen", llm=fields.pop("llm", Echo()), **fields)
        step >> Fn(name="after", input_batch_size=10)
    return made, step


@pytest.mark.parametrize("kind", [Asked, Own])
def test_all_rows_in_order_and_a_rerun_asks_nothing(tmp_path: Path, kind: type[Asked]) -> None:
    for asked in (200, 0):
        made, step = pipeline(tmp_path, kind, batch_size=7)
        distiset = made.run()
        assert [row["n"] for row in rows_of(distiset)] == list(range(200))
        assert distiset.report.balanced
        assert len(step.llm.asked) == asked


def test_a_larger_count_asks_only_for_the_new_rows(tmp_path: Path) -> None:
    pipeline(tmp_path, count=30)[0].run()
    made, step = pipeline(tmp_path, count=50)
    assert len(rows_of(made.run())) == 50
    assert sorted(map(int, step.llm.asked)) == list(range(30, 50))


def test_a_row_that_fails_is_data_and_alone_asked_again(tmp_path: Path) -> None:
    made, _ = pipeline(tmp_path, count=20, llm=Echo(fails_on=["3"]))
    distiset = made.run()
    row = rows_of(distiset)[3]
    assert (row["n"], row["text"], row["model_name"]) == (None, None, "echo")
    assert set(row) == {"n", "text", "model_name", "distilabel_metadata"}
    (failure,) = distiset.failures
    assert (failure["step"], failure["key"]) == ("gen", (3,))
    assert distiset.report.balanced
    made, step = pipeline(tmp_path, count=20)
    assert [row["n"] for row in rows_of(made.run())] == list(range(20))
    assert step.llm.asked == ["3"]


def test_on_error_of_the_pipeline_holds(tmp_path: Path) -> None:
    with Pipeline(name="p", cache_dir=tmp_path, on_error="drop") as made:
        Asked(name="gen", llm=Echo(fails_on=["3"]), count=5)
    distiset = made.run()
    assert [row["n"] for row in rows_of(distiset)] == [0, 1, 2, 4]
    assert distiset.report.balanced
    with Pipeline(name="p", cache_dir=tmp_path, on_error="raise") as made:
        Asked(name="gen", llm=Echo(), count=8, breaks_on=6)
    with pytest.raises(RowError, match="'gen' failed on row 6"):
        made.run()


def test_a_target_stops_it_early(tmp_path: Path) -> None:
    def odd(rows: Any) -> Any:
        return [row for row in rows if row["n"] % 2]

    asked: list[str] = []
    for _ in range(2):
        with Pipeline(name="p", cache_dir=tmp_path) as made:
            gen = Asked(name="gen", llm=Echo(delay=0.001), count=5000)
            gen >> Fn(function=odd, input_batch_size=1)
        distiset = made.run(target_rows=40)
        assert [row["n"] for row in rows_of(distiset)] == list(range(1, 80, 2))
        assert max(gen.begun) < 250
        asked += gen.llm.asked  # type: ignore[attr-defined]
    # How many are begun beyond the last one needed is chance; none is asked a second time.
    assert len(set(asked)) == len(asked)


def test_no_more_rows_are_begun_than_have_room(tmp_path: Path) -> None:
    """A slow end holds up a generator that could make all its rows at once."""
    ended, most = [0], [0]
    with Pipeline(name="p", cache_dir=tmp_path) as made:
        gen = Asked(name="gen", llm=Echo(max_concurrency=4), count=8000)

        def slow(rows: Any) -> Any:
            most[0] = max(most[0], len(gen.begun) - ended[0])
            ended[0] += len(rows)
            return rows

        gen >> Fn(function=slow, input_batch_size=10)
    assert len(rows_of(made.run())) == 8000
    assert most[0] < 2000


def test_a_dry_run_makes_one_batch(tmp_path: Path) -> None:
    made, step = pipeline(tmp_path)
    assert len(rows_of(made.dry_run(batch_size=3))) == 3
    assert sorted(step.begun) == [0, 1, 2]


def test_an_estimate_makes_rows_from_everywhere(tmp_path: Path) -> None:
    made, step = pipeline(tmp_path, count=1000)
    estimate = made.estimate(sample=10)
    assert len(step.llm.asked) == 10
    assert max(map(int, step.llm.asked)) > 800
    assert 900 <= estimate.steps["gen"].calls.expected <= 1100


def test_it_stands_beside_other_sources_and_before_global_steps(tmp_path: Path) -> None:
    with Pipeline(name="p", cache_dir=tmp_path) as made:
        one = Asked(name="one", llm=Echo(), count=60, output_mappings={"n": "m", "text": "said"})
        two = Numbers(name="two", count=60)
        [one, two] >> Join(name="join") >> Ask(name="ask", llm=Echo()) >> FnGlobal(name="all")
    rows = rows_of(made.run())
    assert [(row["m"], row["n"]) for row in rows] == [(n, n) for n in range(60)]
    assert rows[7]["said"] == "7/0"

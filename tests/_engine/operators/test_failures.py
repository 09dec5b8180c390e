"""What becomes of failed rows is what `on_error` says, in every way in which steps are run."""

from __future__ import annotations

from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
from pydantic import ValidationError

from distilabel._engine.operators.failures import has_failed, lacking_column
from distilabel.errors import DistilabelUserError, RowError
from distilabel.pipeline import Pipeline, routing_batch_function
from distilabel.steps import ConversationTemplate
from distilabel.steps.base import Step, StepInput
from rooms import Ask, Echo, Fn, FnGlobal, Join, Numbers, rows_of


class Picky(Ask):
    """Reads no answer to an odd number."""

    def format_output(self, output: str | None, input: Any = None) -> dict[str, Any]:
        if output is not None and int(output.partition("/")[0]) % 2:
            raise ValueError("odd")
        return {"answer": output}


def fails_on(*numbers: int) -> Any:
    def function(rows: Any) -> Any:
        if {row["n"] for row in rows} & set(numbers):
            raise ZeroDivisionError("broken")
        return rows

    return function


def run(folder: Path, *steps: Any, count: int = 6, on_error: Any = "null") -> Any:
    with Pipeline(name="p", cache_dir=folder, on_error=on_error) as pipeline:
        last: Any = Numbers(count=count, batch_size=4)
        for make in steps:
            last = last >> make()
    return pipeline.run()


def numbers(distiset: Any) -> list[int]:
    return [row["n"] for row in rows_of(distiset)] if distiset else []


def flows(distiset: Any) -> bool:
    """Whether what one step of a chain says it gave on is what the next one says it took."""
    steps = list(distiset.report.steps.values())
    return all(a.given + a.failed - a.ended == b.taken for a, b in pairwise(steps))


STEPS: list[tuple[Any, set[int]]] = [
    (lambda: Ask(name="s", llm=Echo(fails_on=["1", "3"])), {1, 3}),
    (lambda: Picky(name="s", llm=Echo(), parse_retries=0), {1, 3, 5}),
    (lambda: Fn(name="s", function=fails_on(3), input_batch_size=2), {2, 3}),
]


@pytest.mark.parametrize(("make", "failed"), STEPS)
def test_dropped_rows_end_there_and_are_counted_and_listed(
    make: Any, failed: set[int], tmp_path: Path
) -> None:
    distiset = run(tmp_path, make, lambda: Fn(name="after"), on_error="drop")
    assert numbers(distiset) == sorted({*range(6)} - failed)
    step = distiset.report.steps["s"]
    assert (step.taken, step.failed, step.ended, step.dropped) == (6, len(failed), len(failed), 0)
    assert distiset.report.steps["after"].taken == 6 - len(failed)
    assert sorted(f["key"] for f in distiset.failures) == [(n,) for n in sorted(failed)]
    assert distiset.report.balanced
    assert flows(distiset)
    assert "dropped after failure" in str(distiset.report)


@pytest.mark.parametrize(("make", "failed"), STEPS)
def test_by_default_they_go_on(make: Any, failed: set[int], tmp_path: Path) -> None:
    distiset = run(tmp_path, make, lambda: Fn(name="after"))
    assert numbers(distiset) == list(range(6))
    assert distiset.report.steps["s"].failed == len(failed)
    assert "dropped after failure" not in str(distiset.report)
    assert flows(distiset)


@pytest.mark.parametrize(("make", "failed"), STEPS)
def test_raise_ends_the_run_and_names_step_row_and_cause(
    make: Any, failed: set[int], tmp_path: Path
) -> None:
    rows = "|".join(map(str, failed))
    words = rf"'s' failed on row ({rows}): \w+: .*(cannot answer|odd|broken).*run again"
    with pytest.raises(RowError, match=words):
        run(tmp_path, make, on_error="raise")


def test_what_a_step_says_goes_before_what_the_pipeline_says(tmp_path: Path) -> None:
    def failing(name: str, on: str, **fields: Any) -> Any:
        return lambda: Ask(
            name=name,
            llm=Echo(identity=name, fails_on=[on]),
            output_mappings={"answer": name},
            **fields,
        )

    distiset = run(
        tmp_path,
        failing("a", "1"),
        failing("b", "2", on_error="null"),
        failing("c", "3", on_error="drop"),
        on_error="drop",
    )
    assert numbers(distiset) == [0, 2, 4, 5]
    assert rows_of(distiset)[1]["b"] is None
    assert [(f["step"], f["key"]) for f in distiset.failures] == [
        ("a", (1,)),
        ("b", (2,)),
        ("c", (3,)),
    ]


def test_a_row_that_failed_further_up_ends_where_rows_without_answer_end(tmp_path: Path) -> None:
    for mode, left in (("drop", [0, 2]), ("raise", [0, 1, 2])):
        distiset = run(
            tmp_path,
            lambda: Ask(name="a", llm=Echo(fails_on=["1"])),
            lambda mode=mode: Ask(
                name="b", llm=Echo(), input_mappings={"text": "answer"}, on_error=mode
            ),
            count=3,
        )
        # It is no failure of the second step: nothing is raised, and it is told once.
        assert numbers(distiset) == left
        assert [f["step"] for f in distiset.failures] == ["a"]
        assert distiset.report.steps["b"].skipped == 1
        assert distiset.report.balanced
        assert flows(distiset)


def test_of_several_generations_the_readable_ones_go_on_under_their_own_keys(
    tmp_path: Path,
) -> None:
    class Second(Ask):
        def format_output(self, output: str | None, input: Any = None) -> dict[str, Any]:
            if output is not None and output.endswith("/1"):
                raise ValueError("no")
            return {"answer": output}

    distiset = run(
        tmp_path,
        lambda: Second(name="s", llm=Echo(), num_generations=3, parse_retries=0, on_error="drop"),
        count=2,
    )
    assert [row["answer"] for row in rows_of(distiset)] == ["0/0", "0/2", "1/0", "1/2"]
    assert [f["key"] for f in distiset.failures] == [(0, 1), (1, 1)]
    step = distiset.report.steps["s"]
    assert (step.given, step.created, step.failed, step.ended) == (4, 4, 2, 2)
    assert distiset.report.balanced


def test_built_in_steps_that_see_rows_one_by_one_follow_it_too(tmp_path: Path) -> None:
    class Lacks(Fn):
        @property
        def outputs(self) -> list[str]:
            return ["instruction", "response"]

        def process(self, inputs: StepInput) -> Any:
            yield [
                {**row, "instruction": "i", **({} if row["n"] == 2 else {"response": "r"})}
                for row in inputs
            ]

    made = (lambda: Lacks(name="l"), lambda: ConversationTemplate(name="s"))
    distiset = run(tmp_path, *made, on_error="drop")
    assert numbers(distiset) == [0, 1, 3, 4, 5]
    assert [f["key"] for f in distiset.failures] == [(2,)]
    assert distiset.report.balanced
    with pytest.raises(RowError, match="'s' failed on row 2: KeyError"):
        run(tmp_path, *made, on_error="raise")


def test_a_step_for_all_rows_ends_the_run_unless_it_says_otherwise_itself(tmp_path: Path) -> None:
    for fields in ({}, {"on_error": "raise"}):
        with pytest.raises(RuntimeError, match="failed on its 6 rows: ZeroDivisionError: broken"):
            run(
                tmp_path,
                lambda fields=fields: FnGlobal(name="g", function=fails_on(3), **fields),
                on_error="drop",
            )
    distiset = run(tmp_path, lambda: FnGlobal(name="g", function=fails_on(3), on_error="null"))
    assert numbers(distiset) == list(range(6))
    assert len(distiset.failures) == 6
    assert distiset.report.balanced
    distiset = run(tmp_path, lambda: FnGlobal(name="g", function=fails_on(3), on_error="drop"))
    assert numbers(distiset) == []
    assert distiset.report.steps["g"].ended == 6
    assert distiset.report.balanced


def test_answers_in_flight_are_kept_when_a_row_ends_the_run(tmp_path: Path) -> None:
    import asyncio

    class Slow(Echo):
        async def agenerate(self, input: Any, num_generations: int = 1, **kwargs: Any) -> Any:  # type: ignore[override]
            if input[-1]["content"] != "1":
                await asyncio.sleep(0.2)
            return await super().agenerate(input, num_generations)

    first = Slow(fails_on=["1"])
    with pytest.raises(RowError):
        run(tmp_path, lambda: Ask(name="s", llm=first), on_error="raise")
    again = Slow()
    run(tmp_path, lambda: Ask(name="s", llm=again), on_error="raise")
    assert len(first.asked) > 1
    assert sorted(first.asked + again.asked) == sorted([*map(str, range(6)), "1"])


def test_dropped_rows_shift_no_branch_and_hold_up_nobody(tmp_path: Path) -> None:
    with Pipeline(name="p", cache_dir=tmp_path, on_error="drop") as pipeline:
        load = Numbers(count=20, batch_size=3)
        left = Ask(name="a", llm=Echo(fails_on=["3", "4"]), output_mappings={"answer": "a"})
        right = Fn(name="b", function=fails_on(9), input_batch_size=4)
        join = Join(name="join")
        load >> [left, right] >> join
    distiset = pipeline.run()
    # 3 and 4 failed on the left, the batch of 9 on the right.
    assert numbers(distiset) == [0, 1, 2, 5, 6, 7, *range(12, 20)]
    assert all(row["a"] == f"{row['n']}/0" for row in rows_of(distiset))
    assert distiset.report.balanced


def test_routed_rows_that_fail_are_dropped_where_they_went(tmp_path: Path) -> None:
    turns = iter(range(1000))

    @routing_batch_function()
    def one_of_two(steps: list[str]) -> list[str]:
        return [steps[next(turns) % 2]]

    with Pipeline(name="p", cache_dir=tmp_path, on_error="drop") as pipeline:
        load = Numbers(count=8, batch_size=2)
        ways = [
            Fn(name=name, function=fails_on(0, 6), input_batch_size=2) for name in ("one", "two")
        ]
        load >> one_of_two >> ways >> Join(name="last", input_batch_size=2)
    distiset = pipeline.run()
    assert sorted(numbers(distiset)) == [2, 3, 4, 5]
    assert sorted(f["key"] for f in distiset.failures) == [(0,), (1,), (6,), (7,)]
    assert distiset.report.balanced


def test_what_is_no_way_to_deal_with_failures_is_said_at_once() -> None:
    with pytest.raises(DistilabelUserError, match=r"on_error='ignore'.*'null', 'drop', 'raise'"):
        Pipeline(on_error="ignore")  # type: ignore[arg-type]
    with pytest.raises(ValidationError, match="'null', 'drop' or 'raise'"):
        Fn(on_error="ignore")


def test_it_is_dumped_where_it_is_set_and_is_no_part_of_signatures(tmp_path: Path) -> None:
    with Pipeline(name="p", on_error="drop") as pipeline:
        load = Numbers(name="n")
        step = Fn(name="s", on_error="raise", process_timeout=3, load_timeout=4)
        load >> step
    with Pipeline(name="p") as plain:
        Numbers(name="n") >> Fn(name="s")
    assert "on_error" not in str(plain.dump())
    assert "timeout" not in str(plain.dump())
    assert pipeline.dump()["pipeline"]["on_error"] == "drop"
    again = Pipeline.from_dict(pipeline.dump())
    assert again.on_error == "drop"
    assert again._steps["s"].dump() == step.dump()
    assert pipeline.signature == plain.signature
    assert pipeline.aggregated_steps_signature == plain.aggregated_steps_signature


@pytest.mark.parametrize("whole", [False, True])
def test_a_task_with_a_process_of_its_own_fails_row_by_row(whole: bool, tmp_path: Path) -> None:
    class Own(Picky):
        @property
        def is_global(self) -> bool:
            return whole

        def process(self, inputs: StepInput) -> Any:
            yield from super().process(inputs)

    def step() -> Own:
        return Own(name="s", llm=Echo(fails_on=["4"]), input_batch_size=3)

    distiset = run(tmp_path, step)
    assert numbers(distiset) == list(range(6))
    assert [f["key"] for f in distiset.failures] == [(1,), (3,), (4,), (5,)]
    assert [f["type"] for f in distiset.failures][1:3] == ["UnreadableAnswer", "AnswerError"]
    assert distiset.report.steps["s"].failed == 4
    distiset = run(tmp_path, step, on_error="drop")
    assert numbers(distiset) == [0, 2]
    assert distiset.report.balanced
    assert flows(distiset)
    with pytest.raises(RowError, match="'s' failed on row 1: UnreadableAnswer"):
        run(tmp_path, step, on_error="raise")


def test_where_code_raised_is_shown_with_the_error_that_ends_the_run(tmp_path: Path) -> None:
    with pytest.raises(RowError) as caught:
        run(tmp_path, lambda: Fn(name="s", function=fails_on(3)), on_error="raise")
    assert isinstance(caught.value.__cause__, ZeroDivisionError)
    with pytest.raises(RowError) as caught:
        run(tmp_path, lambda: Ask(name="s", llm=Echo(fails_on=["1"])), on_error="raise")
    assert caught.value.__cause__ is None


OLD = {"type": "AnswerError", "message": "of an earlier run", "attempts": 1, "raw": None}


class OwnProcess(Ask):
    def process(self, inputs: StepInput) -> Any:
        yield from super().process(inputs)


@pytest.mark.parametrize("cls", [Ask, OwnProcess])
@pytest.mark.parametrize("fields", [{}, {"group_generations": True}])
def test_a_failure_of_an_earlier_run_does_not_count_for_an_answered_row(
    cls: type[Ask], fields: dict[str, Any], tmp_path: Path
) -> None:
    metadata = {"error_s": OLD, "error_other": OLD}
    rows = [{"text": str(n), "distilabel_metadata": metadata} for n in range(3)]
    with Pipeline(name="p", cache_dir=tmp_path, on_error="drop") as pipeline:
        cls(name="s", llm=Echo(fails_on=["1"]), **fields)
    distiset = pipeline.run(dataset=rows)
    assert [row["text"] for row in rows_of(distiset)] == ["0", "2"]
    assert [f["key"] for f in distiset.failures] == [(1,)]
    assert "cannot answer 1" in distiset.failures[0]["message"]
    assert distiset.report.steps["s"].failed == 1
    for row in rows_of(distiset):
        noted = row["distilabel_metadata"]
        noted = noted[0] if isinstance(noted, list) else noted
        assert noted["error_other"] == OLD
        assert noted.get("error_s") is None
    assert distiset.report.balanced


def test_a_row_that_an_earlier_run_left_empty_fails_in_this_one(tmp_path: Path) -> None:
    rows = [
        {"text": "0", "distilabel_metadata": None},
        {"text": None, "distilabel_metadata": {"error_old": OLD}},
    ]

    class Strict(Ask):
        def format_input(self, input: dict[str, Any]) -> Any:
            if input["text"] is None:
                raise TypeError("there is no text")
            return super().format_input(input)

    with Pipeline(name="p", cache_dir=tmp_path) as pipeline:
        Strict(name="s", llm=Echo())
    distiset = pipeline.run(dataset=rows)
    assert [(f["key"], f["type"]) for f in distiset.failures] == [((1,), "TypeError")]
    assert distiset.report.steps["s"].skipped == 0
    assert distiset.report.steps["s"].failed == 1


@pytest.mark.parametrize(("make", "failed"), STEPS)
def test_a_failed_row_says_why_in_plain_data(make: Any, failed: set[int], tmp_path: Path) -> None:
    seen: list[Any] = []

    def look(rows: Any) -> Any:
        seen.extend(
            (row["n"], (row.get("distilabel_metadata") or {}).get("error_s")) for row in rows
        )
        return rows

    distiset = run(tmp_path, make, lambda: Fn(name="after", function=look))
    records = {number: record for number, record in seen if record is not None}
    assert records.keys() == failed
    assert {type(record) for record in records.values()} == {dict}
    told = {f["key"][0]: f["message"] for f in distiset.failures}
    assert {number: record["message"] for number, record in records.items()} == told


def test_a_key_error_of_a_step_names_the_column_and_those_that_there_are(tmp_path: Path) -> None:
    class Wrong(Step):
        @property
        def outputs(self) -> list[str]:
            return ["more"]

        def process(self, inputs: StepInput) -> Any:
            for row in inputs:
                row["more"] = row["txt"]
            yield inputs

    with Pipeline(name="p", cache_dir=tmp_path) as pipeline:
        Wrong(name="s")
    distiset = pipeline.run(dataset=[{"text": "a", "n": 1}])
    (failure,) = distiset.failures
    assert failure["message"] == "the row has no column 'txt'; it has 'text', 'n'"


@pytest.mark.parametrize(
    "error", [ValueError("txt"), KeyError(), KeyError(3), KeyError("text"), LookupError("txt")]
)
def test_other_errors_are_not_about_columns(error: Exception) -> None:
    assert lacking_column(error, [{"text": 1}]) is None


def test_a_step_that_has_named_the_column_is_quoted() -> None:
    error = KeyError("s: a row has no column 'x'. Do this.")
    assert lacking_column(error, [{}]) == "s: a row has no column 'x'. Do this."


def test_reasoning_of_an_earlier_run_is_not_that_of_a_new_answer(tmp_path: Path) -> None:
    metadata = {"reasoning_s": "old", "reasoning_other": "kept"}
    with Pipeline(name="p", cache_dir=tmp_path) as pipeline:
        Ask(name="s", llm=Echo())
    distiset = pipeline.run(dataset=[{"text": "0", "distilabel_metadata": metadata}])
    noted = rows_of(distiset)[0]["distilabel_metadata"]
    assert (noted.get("reasoning_s"), noted["reasoning_other"]) == (None, "kept")


def test_a_row_with_the_metadata_of_several_rows_has_failed_if_one_of_them_has() -> None:
    failed = {"error_s": {"type": "ValueError", "message": "no"}}
    kinds: list[Any] = [failed, [failed], [{"other": 1}, None, failed]]
    for metadata in kinds:
        assert has_failed({"distilabel_metadata": metadata}, ["s"])
        assert not has_failed({"distilabel_metadata": metadata}, ["t"])
    without: list[Any] = [{}, [], [{"error_s": None}, None], None]
    for metadata in without:
        assert not has_failed({"distilabel_metadata": metadata}, ["s"])

"""A step that hangs costs its rows, never the run, and keeps no program from ending."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
from pydantic import ValidationError

from distilabel._engine.calling.step_call import StepCall, TimedCall
from distilabel._engine.rows.origins import UnknownOriginError
from distilabel.errors import RowError
from distilabel.pipeline import Pipeline
from distilabel.steps import ConversationTemplate
from distilabel.steps.base import StepInput
from distilabel.steps.tasks import TextGeneration
from rooms import Ask, Echo, Fn, FnGlobal, Join, Numbers, rows_of, script

# Long enough for what does not hang on a busy machine.
SOON = 0.5


@pytest.fixture
def never() -> Iterator[threading.Event]:
    """What a step that hangs waits for, until the end of the test."""
    event = threading.Event()
    yield event
    event.set()


def hangs_on(number: int, never: threading.Event) -> Any:
    def function(rows: Any) -> Any:
        if number in {row["n"] for row in rows}:
            for row in rows:
                row["text"] = "touched"
            never.wait()
        return rows

    return function


def run(folder: Path, step: Any, **fields: Any) -> Any:
    with Pipeline(name="p", cache_dir=folder, **fields) as pipeline:
        Numbers(count=6, batch_size=4) >> step() >> Fn(name="after")
    return pipeline.run()


async def test_what_takes_too_long_is_left_behind_and_the_next_one_runs(
    never: threading.Event,
) -> None:
    timed = TimedCall(0.05, "it")
    with pytest.raises(TimeoutError, match=r"it took longer than 0.05 s and was left behind"):
        await timed.run(never.wait)
    assert await timed.run(lambda: 3) == 3
    timed.close()


async def test_a_timeout_of_the_call_itself_is_what_it_is() -> None:
    def raises() -> None:
        raise TimeoutError("its own")

    timed = TimedCall(60, "it")
    with pytest.raises(TimeoutError, match="its own"):
        await timed.run(raises)
    timed.close()


def test_the_rows_of_a_batch_that_hangs_fail_and_the_others_go_on(
    tmp_path: Path, never: threading.Event
) -> None:
    def step() -> Fn:
        function = hangs_on(3, never)
        return Fn(name="s", function=function, input_batch_size=2, process_timeout=SOON)

    distiset = run(tmp_path, step)
    # As they came: what the step does to them from now on concerns nobody.
    assert [row["text"] for row in rows_of(distiset)] == list("012345")
    assert [f["key"] for f in distiset.failures] == [(2,), (3,)]
    assert distiset.failures[0]["type"] == "TimeoutError"
    assert "`process` of s took longer than 0.5 s" in distiset.failures[0]["message"]
    assert distiset.report.balanced
    distiset = run(tmp_path, step, on_error="drop")
    assert [row["n"] for row in rows_of(distiset)] == [0, 1, 4, 5]
    with pytest.raises(RowError, match=r"'s' failed on row 2: TimeoutError: .* longer than 0.5 s"):
        run(tmp_path, step, on_error="raise")


def test_more_batches_may_hang_than_there_are_threads(
    tmp_path: Path, never: threading.Event
) -> None:
    with Pipeline(name="p", cache_dir=tmp_path) as pipeline:
        step = Fn(
            name="s",
            function=lambda rows: never.wait() and rows,
            input_batch_size=1,
            process_timeout=0.001,
        )
        Numbers(count=80) >> step >> Fn(name="after")
    distiset = pipeline.run()
    assert len(distiset.failures) == 80
    assert distiset.report.steps["after"].given == 80


def test_a_built_in_step_can_be_given_a_time_too(tmp_path: Path) -> None:
    rows = [{"instruction": "i", "response": "r"}] * 3
    with Pipeline(name="p", cache_dir=tmp_path) as pipeline:
        ConversationTemplate(process_timeout=60)
    assert len(rows_of(pipeline.run(dataset=rows))) == 3


def test_a_step_for_all_rows_that_hangs_ends_the_run_or_costs_the_rows(
    tmp_path: Path, never: threading.Event
) -> None:
    def step(**fields: Any) -> FnGlobal:
        return FnGlobal(name="s", function=hangs_on(3, never), process_timeout=SOON, **fields)

    with pytest.raises(RuntimeError, match=r"'s' failed on its 6 rows: TimeoutError: .* 0.5 s"):
        run(tmp_path, step)
    distiset = run(tmp_path, lambda: step(on_error="null"))
    assert [row["text"] for row in rows_of(distiset)] == list("012345")
    assert len(distiset.failures) == 6


def test_a_source_that_hangs_ends_the_run(tmp_path: Path, never: threading.Event) -> None:
    class Hangs(Numbers):
        def process(self, offset: int = 0) -> Any:
            never.wait()
            yield [{"n": 1}], True

    with Pipeline(name="p", cache_dir=tmp_path) as pipeline:
        Hangs(name="h", process_timeout=SOON) >> Fn()
    with pytest.raises(ValueError, match=r"'h' made no rows in time: .* longer than 0.5 s"):
        pipeline.run()


def test_loading_that_hangs_ends_the_run(tmp_path: Path, never: threading.Event) -> None:
    class Hangs(Fn):
        def load(self) -> None:
            never.wait()

    with pytest.raises(RuntimeError, match=r"'s' could not be loaded: .*longer than 0.5 s"):
        run(tmp_path, lambda: Hangs(name="s", load_timeout=SOON))


def test_what_hangs_does_not_keep_the_program_from_ending(tmp_path: Path) -> None:
    program = script(
        """
        import time
        from distilabel.pipeline import Pipeline
        from distilabel.steps import LoadDataFromDicts, StepInput, step

        @step()
        def Hangs(inputs: StepInput):
            time.sleep(10000)
            yield inputs

        with Pipeline(name="p", cache_dir="cache") as pipeline:
            LoadDataFromDicts(data=[{"n": 1}]) >> Hangs(name="h", process_timeout=0.1)
        print(len(pipeline.run().failures))
        """,
        tmp_path,
    )
    begun = time.monotonic()
    out, err = program.communicate(timeout=60)
    assert program.returncode == 0, err
    assert out.strip() == "1"
    assert time.monotonic() - begun < 60


def test_a_task_is_timed_by_its_model() -> None:
    with pytest.raises(ValidationError, match="`timeout` of its model"):
        TextGeneration(llm=Echo(), process_timeout=3)

    class Own(Ask):
        def process(self, inputs: StepInput) -> Any:
            yield inputs

    assert Own(llm=Echo(), process_timeout=3).process_timeout == 3


@pytest.mark.parametrize("field", ["process_timeout", "load_timeout"])
def test_no_time_at_all_is_refused(field: str) -> None:
    with pytest.raises(ValidationError, match="greater than 0"):
        Fn(**{field: 0})


# -- whose row is whose -------------------------------------------------------------------------


class Copies(Fn):
    """Makes new rows with the function, from a column that a mapping hides."""

    @property
    def inputs(self) -> list[str]:
        return ["text"]


def copies(function: Any, **fields: Any) -> StepCall:
    return StepCall(Copies(name="s", function=function, **fields))


HIDING: dict[str, Any] = {"input_mappings": {"text": "other"}}


def rows_with_other() -> list[dict[str, Any]]:
    return [{"number": n, "text": f"t{n}", "other": f"o{n}"} for n in range(6)]


@pytest.mark.parametrize("joined", [True, False])
def test_a_hidden_column_comes_back_into_its_row(joined: bool) -> None:
    call = copies(lambda rows: [{**row, "seen": row["text"]} for row in rows[::-2]], **HIDING)
    output = call.run(rows_with_other(), joined=joined)
    assert [(row["number"], row["text"], row["seen"]) for row in output.rows] == [
        (n, f"t{n}", f"o{n}") for n in (5, 3, 1)
    ]
    assert list(output.origins) == [5, 3, 1]
    assert not output.is_assumed


def test_rows_that_tell_nothing_take_hidden_columns_by_position_and_that_is_said() -> None:
    call = copies(lambda rows: [{"seen": row["text"]} for row in rows], **HIDING)
    output = call.run(rows_with_other())
    assert [(row["seen"], row["text"]) for row in output.rows] == [
        (f"o{n}", f"t{n}") for n in range(6)
    ]
    assert output.is_assumed


def test_a_hidden_column_is_put_into_no_wrong_row() -> None:
    call = copies(lambda rows: [{"seen": row["text"]} for row in rows[1:]], **HIDING)
    with pytest.raises(UnknownOriginError, match=r"^s: .* hide 'text', .*\{\*\*row, \"column\""):
        call.run(rows_with_other())


def test_origins_do_not_matter_where_the_step_makes_the_hidden_column_itself() -> None:
    call = copies(
        lambda rows: [{"made": row["text"]} for row in rows[1:]],
        **HIDING,
        output_mappings={"made": "text"},
    )
    output = call.run(rows_with_other())
    assert [row["text"] for row in output.rows] == [f"o{n}" for n in range(1, 6)]
    assert not output.is_assumed


def test_rows_kept_from_an_earlier_batch_are_not_paired_with_this_one() -> None:
    kept: list[Any] = []

    def delayed(rows: Any) -> Any:
        made = list(kept)
        kept[:] = [{**row} for row in rows]
        return made

    call = copies(delayed)
    assert call.run(rows_with_other(), joined=True).rows == []
    later = [{**row, "number": row["number"] + 6} for row in rows_with_other()]
    with pytest.raises(UnknownOriginError, match="its rows are joined with rows of other steps"):
        call.run(later, joined=True)


def test_rows_routed_to_some_predecessors_keep_their_origins() -> None:
    call = StepCall(Join(name="j"))
    rows = [({"n": 0}, {"m": 0}), (None, {"m": 1}), ({"n": 2}, {"m": 2}), (None, {"m": 3})]
    output = call.run(rows, joined=True)
    assert output.rows == [{"n": 0, "m": 0}, {"m": 1}, {"n": 2, "m": 2}, {"m": 3}]
    assert list(output.origins) == [0, 1, 2, 3]


def test_a_hidden_column_does_not_replace_what_the_step_made_under_its_name() -> None:
    call = copies(
        lambda rows: [{**row, "made": f"new {row['text']}"} for row in rows],
        **HIDING,
        output_mappings={"made": "text"},
    )
    output = call.run(rows_with_other())
    assert [row["text"] for row in output.rows] == [f"new o{n}" for n in range(6)]
    assert list(output.origins) == list(range(6))


def test_rows_paired_by_position_are_said_whichever_predecessors_they_came_from() -> None:
    class Some(Join):
        def process(self, *inputs: StepInput) -> Any:
            yield [{"new": 1} for _ in inputs[0]] if len(inputs) == 2 else inputs[0]

    both = [({"n": n}, {"m": n}) for n in range(2)]
    one = [(None, {"m": n}) for n in range(2, 4)]
    for rows in (both + one, one + both):
        output = StepCall(Some(name="s")).run(rows, joined=True)
        assert output.is_assumed


# -- whose question is whose --------------------------------------------------------------------


def test_questions_of_threads_that_a_step_starts_are_those_of_the_step(tmp_path: Path) -> None:
    """A thread does not get the context of the one that starts it."""

    class Threads(Fn):
        judge: Any = None

        def process(self, inputs: StepInput) -> Any:
            with ThreadPoolExecutor(2) as pool:
                list(pool.map(self.ask, inputs))
            yield inputs

        def ask(self, row: Any) -> None:
            question = [{"role": "user", "content": row["text"]}]
            row["judged"] = self.judge.generate_outputs([question])[0]["generations"][0]

    with Pipeline(name="p", cache_dir=tmp_path) as pipeline:
        Numbers(count=6) >> Threads(name="threads", judge=Echo())
    distiset = pipeline.run()
    assert distiset.report.steps["threads"].asked == 6
    assert [row["judged"] for row in rows_of(distiset)] == [f"{n}/0" for n in range(6)]


def test_a_step_that_asks_the_model_in_its_field_asks_the_one_with_the_structure(
    tmp_path: Path,
) -> None:
    """A task asks a copy of its model, which has the structure of its answers."""

    class Structured(Echo):
        structured_output: Any = None

    class Own(Ask):
        def get_structured_output(self) -> dict[str, Any]:
            return {"type": "object"}

        def process(self, inputs: StepInput) -> Any:
            outputs = self.llm.generate([self.format_input(row) for row in inputs])
            yield [
                {**row, "answer": output["generations"][0]}
                for row, output in zip(inputs, outputs, strict=True)
            ]

    for asked in (["0", "1"], []):
        model = Structured()
        with Pipeline(name="p", cache_dir=tmp_path) as pipeline:
            Numbers(count=2) >> Own(llm=model, use_default_structured_output=True)
        assert [row["answer"] for row in rows_of(pipeline.run())] == ["0/0", "1/0"]
        assert model.asked == asked

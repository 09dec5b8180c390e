"""Whatever code of the user's raises: a row fails or the run ends, never in silence."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

import pytest

from distilabel._core.daemon_threads import DaemonThreads
from distilabel._core.user_faults import ProgramExit, is_canceled, name_and_text
from distilabel.models.llms.base import AsyncLLM
from distilabel.pipeline import Pipeline, routing_batch_function
from distilabel.steps.base import StepInput
from rooms import Ask, Batched, Echo, Fn, FnGlobal, Numbers, rows_of


class Own(BaseException):
    """What no one but its author catches."""


class Unreadable(Exception):
    """Its message raises."""

    def __str__(self) -> str:
        raise ValueError("no message")


STRAY = [asyncio.CancelledError(), GeneratorExit()]
ENDS = [SystemExit(3), KeyboardInterrupt(), Own("stop")]


async def test_what_a_thread_raises_does_not_steer_the_coroutine_that_waits() -> None:
    def raises(error: BaseException) -> None:
        raise error

    threads = DaemonThreads(1)
    for error in (*STRAY, StopIteration()):
        with pytest.raises(RuntimeError, match=type(error).__name__) as caught:
            await threads.run(raises, error)
        assert caught.value.__cause__ is error
    for exit in (SystemExit(3), KeyboardInterrupt()):
        with pytest.raises(ProgramExit) as carried:
            await threads.run(raises, exit)
        assert carried.value.error is exit
    threads.close()


async def test_a_canceled_task_is_told_from_code_that_raises() -> None:
    seen: list[bool] = []

    async def waits() -> None:
        try:
            await asyncio.Event().wait()
        except asyncio.CancelledError:
            seen.append(is_canceled())
            raise

    task = asyncio.ensure_future(waits())
    await asyncio.sleep(0)
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)
    assert seen == [True]
    assert not is_canceled()


def test_an_error_has_a_name_and_a_text_whatever_its_class_does() -> None:
    assert name_and_text(ValueError("bad")) == "ValueError: bad"
    assert name_and_text(GeneratorExit()) == "GeneratorExit"
    assert name_and_text(ProgramExit(SystemExit(3))) == "SystemExit: 3"
    assert name_and_text(Unreadable()) == "Unreadable: its message cannot be read"


# -- in every place that calls code of the user's -----------------------------------------------


def raise_on_two(error: BaseException) -> Any:
    def function(rows: Any) -> Any:
        if any(row["n"] == 2 for row in rows):
            raise error
        return rows

    return function


class Model(AsyncLLM):
    """Raises on the question 2."""

    error: Any

    @property
    def model_name(self) -> str:
        return "model"

    async def agenerate(self, input: Any, num_generations: int = 1, **kwargs: Any) -> Any:
        if input[-1]["content"] == "2":
            raise self.error
        return {"generations": ["yes"]}


class Reads(Ask):
    """Raises while it reads the answer to 2, or writes its question."""

    error: Any
    writes: bool = False

    def format_input(self, input: dict[str, Any]) -> Any:
        if self.writes and input["n"] == 2:
            raise self.error
        return super().format_input(input)

    def format_output(self, output: str | None, input: Any = None) -> dict[str, Any]:
        if not self.writes and input["n"] == 2:
            raise self.error
        return super().format_output(output, input)


class Together(Batched):
    """A synchronous model that raises."""

    error: Any

    def generate(self, inputs: Any, num_generations: int = 1, **kwargs: Any) -> Any:
        raise self.error


PLACES: dict[str, Any] = {
    "process": lambda error: Fn(function=raise_on_two(error), input_batch_size=1),
    "process_timeout": lambda error: Fn(
        function=raise_on_two(error), input_batch_size=1, process_timeout=60
    ),
    "format_input": lambda error: Reads(llm=Echo(), error=error, writes=True),
    "format_output": lambda error: Reads(llm=Echo(), error=error),
    "agenerate": lambda error: Ask(llm=Model(error=error)),
    "agenerate, several": lambda error: Ask(llm=Model(error=error), num_generations=3),
    "generate": lambda error: Ask(llm=Together(error=error)),
    "global": lambda error: FnGlobal(function=raise_on_two(error), on_error="null"),
}


def run(folder: Path, step: Any) -> Any:
    with Pipeline(name="p", cache_dir=folder) as pipeline:
        Numbers(count=4) >> step()
    return pipeline.run()


@pytest.mark.parametrize("error", STRAY, ids=repr)
@pytest.mark.parametrize("place", PLACES)
def test_the_row_fails_and_the_others_go_on(
    place: str, error: BaseException, tmp_path: Path
) -> None:
    distiset = run(tmp_path, lambda: PLACES[place](error))
    failed = 4 if place in ("generate", "global") else 1
    assert len(distiset.failures) == failed
    assert type(error).__name__ in f"{distiset.failures[0]}"
    assert {row["n"] for row in rows_of(distiset)} == {0, 1, 2, 3}
    assert distiset.report.balanced


@pytest.mark.parametrize("error", ENDS, ids=repr)
@pytest.mark.parametrize("place", PLACES)
def test_the_run_ends_and_names_the_step(
    place: str, error: BaseException, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    with pytest.raises(type(error)):
        run(tmp_path, lambda: PLACES[place](error))
    assert f"_0: its code raised {name_and_text(error)}, which ends the run" in caplog.text


def test_an_unreadable_error_costs_its_row(tmp_path: Path) -> None:
    (failure,) = run(tmp_path, lambda: PLACES["process"](Unreadable())).failures
    assert (failure["type"], failure["message"]) == ("Unreadable", "its message cannot be read")


@pytest.mark.parametrize("error", [*STRAY, *ENDS], ids=repr)
def test_routing_functions_and_sources_end_the_run(error: BaseException, tmp_path: Path) -> None:
    @routing_batch_function()
    def raises(steps: list[str]) -> list[str]:
        raise error

    class Broken(Numbers):
        def process(self, offset: int = 0) -> Any:
            yield [{"n": 0, "text": "0"}], False
            raise error

    expected = RuntimeError if error in STRAY else type(error)
    with Pipeline(name="routed", cache_dir=tmp_path) as pipeline:
        Numbers(count=4, batch_size=50) >> raises >> [Fn(), Fn()]
    with pytest.raises(expected):
        pipeline.run()
    with Pipeline(name="broken", cache_dir=tmp_path) as pipeline:
        Broken() >> Fn()
    with pytest.raises(expected):
        pipeline.run()


@pytest.mark.parametrize("error", [*STRAY, *ENDS], ids=repr)
def test_a_step_that_cannot_be_unloaded_costs_no_rows(
    error: BaseException, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    class Stays(Fn):
        def unload(self) -> None:
            raise error

    assert len(rows_of(run(tmp_path, Stays))) == 4
    assert f"stays_0 could not be unloaded: {name_and_text(error)}" in caplog.text.replace(
        "RuntimeError: ", ""
    )


def test_code_that_cancels_the_tasks_of_the_engine_ends_the_run(tmp_path: Path) -> None:
    class Cancels(Echo):
        every: bool = False

        async def agenerate(self, input: Any, num_generations: int = 1, **_: Any) -> Any:  # type: ignore[override]
            current = asyncio.current_task()
            for task in asyncio.all_tasks() if self.every else [current]:
                assert task is not None
                task.cancel()
            await asyncio.sleep(0)

    with pytest.raises(RuntimeError, match=r"ask_0: code that it called .* canceled tasks"):
        run(tmp_path, lambda: Ask(llm=Cancels()))
    with pytest.raises(RuntimeError, match="canceled all tasks of the event loop"):
        run(tmp_path, lambda: Ask(llm=Cancels(every=True)))


def test_answers_are_stored_before_the_program_ends(tmp_path: Path) -> None:
    """The answers of a run that `sys.exit()` ends are not asked for again."""

    class Exits(Fn):
        exits: bool = True

        def process(self, inputs: StepInput) -> Any:
            if self.exits:
                raise SystemExit(1)
            yield inputs

    asked: list[str] = []
    for exits in (True, False):
        llm = Echo()
        with Pipeline(name="p", cache_dir=tmp_path) as pipeline:
            Numbers(count=4) >> Ask(llm=llm) >> Exits(exits=exits)
        if exits:
            with pytest.raises(SystemExit):
                pipeline.run()
        else:
            assert len(rows_of(pipeline.run())) == 4
        asked += llm.asked
    assert sorted(asked) == ["0", "1", "2", "3"]


@pytest.mark.parametrize("error", STRAY, ids=repr)
def test_a_row_whose_stored_answer_cannot_be_read_fails_alone(
    error: BaseException, tmp_path: Path
) -> None:
    for _ in range(2):  # the second time from stored answers
        distiset = run(tmp_path, lambda: PLACES["format_output"](error))
        assert [failure["key"] for failure in distiset.failures] == [(2,)]
        assert {row["n"] for row in rows_of(distiset)} == {0, 1, 2, 3}

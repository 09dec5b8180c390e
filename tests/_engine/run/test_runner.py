"""Protects how runs end: complete, by Ctrl-C, by a kill or a failure, in every kind of program."""

from __future__ import annotations

import asyncio
import logging
import os
import signal
import threading
from contextvars import ContextVar
from pathlib import Path
from typing import Any

import pytest
from pydantic import PrivateAttr

from distilabel._engine.run.runner import Runner
from distilabel.errors import EndpointError
from distilabel.pipeline import Pipeline
from distilabel.steps.base import Step, StepInput
from rooms import Ask, Echo, Fn, Join, Numbers, rows_of, script

PROGRAM = """
    import sys, time
    from pathlib import Path
    sys.path.insert(0, {tests!r})
    from rooms import Ask, Echo, Fn, Numbers
    from distilabel.pipeline import Pipeline

    class Slow(Echo):
        async def agenerate(self, input, num_generations=1):
            with open("asked", "a") as file:
                file.write(input[-1]["content"] + "\\n")
            if int(input[-1]["content"]) >= 60:
                import asyncio
                await asyncio.sleep({seconds})
            return await super().agenerate(input, num_generations)

    with Pipeline(name="p", cache_dir="cache") as pipeline:
        Numbers(count=100) >> Ask(llm=Slow(max_concurrency=8)) >> Fn()
    print("begin", flush=True)
    distiset = pipeline.run()
    rows = distiset["default"]["train"].to_list() if distiset else []
    print(distiset.report.interrupted, len(rows), [r["answer"] for r in rows].count(None))
"""


def program(seconds: float) -> str:
    return PROGRAM.format(tests=str(Path(__file__).parents[2]), seconds=seconds)


def wait_for_questions(folder: Path, process: Any, count: int) -> None:
    while process.poll() is None:
        if (folder / "asked").exists() and len(asked(folder)) >= count:
            return
        threading.Event().wait(0.01)
    raise AssertionError(process.communicate())


def asked(folder: Path) -> list[str]:
    return (folder / "asked").read_text().split()


def press_twice(process: Any) -> None:
    """Presses Ctrl-C, and once more after the first was noticed."""
    process.send_signal(signal.SIGINT)
    noticed = next((line for line in process.stderr if "Press Ctrl-C again" in line), None)
    assert noticed is not None, "it ended at the first one"
    process.send_signal(signal.SIGINT)


def test_the_first_ctrl_c_stores_the_answers_in_flight(tmp_path: Path) -> None:
    # Long enough for a busy machine to press Ctrl-C before the forty slow answers are there.
    process = script(program(3.0), tmp_path)
    wait_for_questions(tmp_path, process, 65)
    process.send_signal(signal.SIGINT)
    out, err = process.communicate(timeout=60)
    interrupted, _, empty = out.split()[-3:]
    assert (interrupted, empty, process.returncode) == ("True", "0", 0), err
    assert "run again to continue" in err
    out, err = script(program(0.0), tmp_path).communicate(timeout=60)
    assert out.split()[-3:] == ["False", "100", "0"], err
    assert sorted(asked(tmp_path), key=int) == [str(n) for n in range(100)]


def test_the_second_ctrl_c_ends_it_at_once(tmp_path: Path) -> None:
    process = script(program(1000), tmp_path)
    wait_for_questions(tmp_path, process, 65)
    press_twice(process)
    _, err = process.communicate(timeout=60)
    assert "KeyboardInterrupt" in err
    assert process.returncode != 0
    assert list((tmp_path / "cache").rglob("data-*")) == []


def test_a_ctrl_c_that_does_not_wake_the_waiting_thread_is_noticed(
    tmp_path: Path,
) -> None:
    # As when it comes just before a wait begins: it is recorded, but does not end the wait.
    text = f"""
        import asyncio, signal, sys, threading
        sys.path.insert(0, {str(Path(__file__).parents[2])!r})
        from rooms import Ask, Echo, Numbers
        from distilabel.pipeline import Pipeline

        def press():
            signal.pthread_kill(threading.get_ident(), signal.SIGINT)

        class Waits(Echo):
            async def agenerate(self, input, num_generations=1):
                asyncio.get_running_loop().call_later(0.5, press)
                asyncio.get_running_loop().call_later(2.5, press)
                await asyncio.Event().wait()

        with Pipeline(name="p", cache_dir="cache") as pipeline:
            Numbers(count=1) >> Ask(llm=Waits())
        pipeline.run()
    """
    process = script(text, tmp_path)
    try:
        _, err = process.communicate(timeout=30)
    finally:
        process.kill()
    assert "Press Ctrl-C again" in err
    assert "KeyboardInterrupt" in err


def test_a_ctrl_c_while_a_step_is_loaded_ends_the_run_without_rows(tmp_path: Path) -> None:
    text = f"""
        import sys, threading
        sys.path.insert(0, {str(Path(__file__).parents[2])!r})
        from rooms import Fn, Numbers
        from distilabel.pipeline import Pipeline

        class Hangs(Fn):
            def load(self):
                print("loading", flush=True)
                threading.Event().wait()

        with Pipeline(name="p", cache_dir="cache") as pipeline:
            Numbers(count=10) >> Hangs()
        distiset = pipeline.run()
        print(distiset.report.interrupted, len(distiset))
    """
    process = script(text, tmp_path)
    assert process.stdout is not None
    assert process.stdout.readline() == "loading\n"
    process.send_signal(signal.SIGINT)
    out, err = process.communicate(timeout=60)
    assert (out, process.returncode) == ("True 0\n", 0), err


def test_a_row_that_fails_after_ctrl_c_does_not_fail_the_run(tmp_path: Path) -> None:
    text = f"""
        import asyncio, sys
        sys.path.insert(0, {str(Path(__file__).parents[2])!r})
        from rooms import Ask, Echo, Numbers
        from distilabel.pipeline import Pipeline

        class Fails(Echo):
            async def agenerate(self, input, num_generations=1):
                print("asked", flush=True)
                await asyncio.sleep(3)
                raise ValueError("too late to matter")

        with Pipeline(name="p", cache_dir="cache", on_error="raise") as pipeline:
            Numbers(count=1) >> Ask(llm=Fails())
        print(pipeline.run().report.interrupted)
    """
    process = script(text, tmp_path)
    assert process.stdout is not None
    assert process.stdout.readline() == "asked\n"
    process.send_signal(signal.SIGINT)
    out, err = process.communicate(timeout=60)
    assert (out, process.returncode) == ("True\n", 0), err


def test_after_a_kill_only_what_was_in_flight_is_asked_again(tmp_path: Path) -> None:
    process = script(program(1000), tmp_path)
    wait_for_questions(tmp_path, process, 66)
    os.kill(process.pid, signal.SIGKILL)
    process.communicate()
    before = asked(tmp_path)
    out, err = script(program(0.0), tmp_path).communicate(timeout=60)
    assert out.split()[-3:] == ["False", "100", "0"], err
    twice = [text for text in set(before) if asked(tmp_path).count(text) > 1]
    assert len(twice) <= 8
    assert set(asked(tmp_path)) == {str(n) for n in range(100)}
    assert list((tmp_path / "cache").rglob("data-*")) == []


def test_ctrl_c_ends_a_run_whose_step_hangs(tmp_path: Path) -> None:
    text = f"""
        import sys, threading
        sys.path.insert(0, {str(Path(__file__).parents[2])!r})
        from rooms import Fn, Numbers
        from distilabel.pipeline import Pipeline

        def hang(rows):
            print("hanging", flush=True)
            threading.Event().wait()

        with Pipeline(name="p", cache_dir="cache") as pipeline:
            Numbers(count=10) >> Fn(function=hang)
        print(pipeline.run().report.interrupted)
    """
    process = script(text, tmp_path)
    assert process.stdout is not None
    assert process.stdout.readline() == "hanging\n"
    process.send_signal(signal.SIGINT)
    out, err = process.communicate(timeout=60)
    assert (out, process.returncode) == ("True\n", 0), err


def small(folder: Path, name: str = "p", count: int = 20, **fields: Any) -> Any:
    with Pipeline(name=name, cache_dir=folder) as pipeline:
        Numbers(count=count) >> Ask(llm=Echo(**fields)) >> Fn()
    return pipeline


async def test_under_a_running_loop(tmp_path: Path) -> None:
    assert len(rows_of(small(tmp_path).run())) == 20
    await asyncio.sleep(0)


def test_in_a_thread(tmp_path: Path) -> None:
    found: list[int] = []
    pipeline = small(tmp_path)
    thread = threading.Thread(target=lambda: found.append(len(rows_of(pipeline.run()))))
    thread.start()
    thread.join()
    assert found == [20]


def test_two_at_once_in_one_cache(tmp_path: Path) -> None:
    found: dict[str, Any] = {}
    pipelines = {name: small(tmp_path, name, delay=0.01) for name in "ab"}

    def run(name: str) -> None:
        found[name] = pipelines[name].run()

    threads = [threading.Thread(target=run, args=(name,)) for name in pipelines]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    for name in "ab":
        assert len(rows_of(found[name])) == 20
        assert found[name].report.balanced


def test_two_processes_put_their_outputs_in_one_place(tmp_path: Path) -> None:
    text = f"""
        import sys
        sys.path.insert(0, {str(Path(__file__).parents[2])!r})
        from rooms import Fn, Numbers
        from distilabel.pipeline import Pipeline

        for _ in range(5):
            with Pipeline(name="p", cache_dir="cache") as pipeline:
                Numbers(count=200) >> Fn()
            assert len(pipeline.run()["default"]["train"]) == 200
    """
    for process in [script(text, tmp_path) for _ in range(2)]:
        _, err = process.communicate(timeout=120)
        assert process.returncode == 0, err


def test_the_same_pipeline_twice(tmp_path: Path) -> None:
    pipeline = small(tmp_path)
    first, second = pipeline.run(), pipeline.run()
    assert rows_of(first) == rows_of(second)
    assert second.report.reused == 20
    assert second.report.asked == 0


class Clumsy(Step):
    loads: bool = True
    _log: list[str] = PrivateAttr(default_factory=list)

    def load(self) -> None:
        super().load()
        self._log.append("load")
        if not self.loads:
            raise FileNotFoundError("weights.bin")

    def unload(self) -> None:
        self._log.append("unload")
        raise ValueError("unload is broken too")

    def process(self, inputs: StepInput) -> Any:
        yield inputs


def test_unload_does_not_hide_why_a_run_failed(tmp_path: Path) -> None:
    with Pipeline(name="p", cache_dir=tmp_path) as pipeline:
        good = Clumsy(name="good")
        Numbers() >> good >> Clumsy(name="bad", loads=False)
    with pytest.raises(RuntimeError, match=r"'bad' could not be loaded.*weights.bin") as caught:
        pipeline.run()
    assert isinstance(caught.value.__cause__, FileNotFoundError)
    assert good._log == ["load", "unload"]


def test_a_step_that_cannot_be_unloaded_does_not_cost_the_rows(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    with Pipeline(name="p", cache_dir=tmp_path) as pipeline:
        Numbers(count=3) >> Clumsy(name="good")
    with caplog.at_level(logging.WARNING):
        assert len(rows_of(pipeline.run())) == 3
    assert "unload is broken too" in caplog.text


def test_a_log_handler_that_raises_does_not_cost_the_rows(tmp_path: Path) -> None:
    class Broken(logging.Handler):
        def emit(self, record: logging.LogRecord) -> None:
            raise ValueError("no log today")

    with Pipeline(name="p", cache_dir=tmp_path) as pipeline:
        Numbers(count=3) >> Ask(llm=Echo(fails_on=["1"]))
    distiset = pipeline.run(logging_handlers=[Broken()])
    assert len(rows_of(distiset)) == 3
    assert distiset.report.balanced


def test_a_cache_that_cannot_be_written_is_an_error_before_any_request(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")
    llm = Echo()
    with Pipeline(name="p", cache_dir=tmp_path / "file") as pipeline:
        Numbers() >> Ask(llm=llm)
    with pytest.raises(ValueError, match="cache_dir"):
        pipeline.run()
    assert llm.asked == []


def test_when_one_endpoint_fails_requests_to_others_finish(tmp_path: Path) -> None:
    class Slow(Echo):
        async def agenerate(self, input: Any, num_generations: int = 1) -> Any:  # type: ignore[override]
            self.asked.append(input)
            await asyncio.sleep(0.3)
            return {"generations": ["paid for"], "statistics": {}}

    class Locked(Echo):
        @property
        def model_name(self) -> str:
            return "locked"

        async def agenerate(self, input: Any, num_generations: int = 1) -> Any:  # type: ignore[override]
            raise EndpointError("the key is wrong")

    def once(slow: Echo, other: Echo) -> None:
        with Pipeline(name="p", cache_dir=tmp_path) as pipeline:
            Numbers(count=5) >> [Ask(llm=slow), Ask(llm=other)]
        pipeline.run()

    with pytest.raises(EndpointError):
        once(Slow(), Locked())
    again = Slow()
    once(again, Echo())
    assert again.asked == []


def test_ctrl_c_ends_a_run_whose_model_hangs(tmp_path: Path) -> None:
    text = f"""
        import sys, threading
        sys.path.insert(0, {str(Path(__file__).parents[2])!r})
        from rooms import Ask, Batched, Numbers
        from distilabel.pipeline import Pipeline

        class Hangs(Batched):
            def generate(self, inputs, num_generations=1, **kwargs):
                print("hanging", flush=True)
                threading.Event().wait()

        with Pipeline(name="p", cache_dir="cache") as pipeline:
            Numbers(count=10) >> Ask(llm=Hangs())
        pipeline.run()
    """
    process = script(text, tmp_path)
    assert process.stdout is not None
    assert process.stdout.readline() == "hanging\n"
    press_twice(process)
    _, err = process.communicate(timeout=20)
    assert "KeyboardInterrupt" in err


def test_ctrl_c_ends_a_run_whose_model_hangs_in_its_own_thread(
    tmp_path: Path,
) -> None:
    text = f"""
        import asyncio, sys, threading
        sys.path.insert(0, {str(Path(__file__).parents[2])!r})
        from rooms import Ask, Echo, Numbers
        from distilabel.pipeline import Pipeline

        class Hangs(Echo):
            async def agenerate(self, input, num_generations=1):
                print("hanging", flush=True)
                await asyncio.to_thread(threading.Event().wait)

        with Pipeline(name="p", cache_dir="cache") as pipeline:
            Numbers(count=1) >> Ask(llm=Hangs())
        pipeline.run()
    """
    process = script(text, tmp_path)
    assert process.stdout is not None
    assert process.stdout.readline() == "hanging\n"
    press_twice(process)
    try:
        _, err = process.communicate(timeout=30)
    finally:
        process.kill()
    assert "KeyboardInterrupt" in err


def test_branches_that_meet_again_and_again_cost_no_time(tmp_path: Path) -> None:
    with Pipeline(name="p", cache_dir=tmp_path) as pipeline:
        last: Any = Numbers(count=3)
        for _ in range(20):
            left, right, both = Fn(), Fn(), Join()
            last >> [left, right] >> both
            last = both
    assert len(rows_of(pipeline.run())) == 3


class ClosingLoop:
    """An event loop that is closed between a look at it and the call."""

    def is_closed(self) -> bool:
        return False

    def call_soon_threadsafe(self, function: Any) -> None:
        raise RuntimeError("Event loop is closed")


def test_a_ctrl_c_while_the_loop_closes_is_no_error() -> None:
    plan: Any = None
    runner = Runner(plan, lambda event: None)
    runner._loop = ClosingLoop()  # type: ignore[assignment]
    runner._interrupt()
    assert runner._state.is_interrupted


# -- the caller's context variables -------------------------------------------------------------

trace: ContextVar[str] = ContextVar("trace", default="unset")


class Traces(Echo):
    """Answers with the caller's variable."""

    async def agenerate(self, input: Any, num_generations: int = 1, **_: Any) -> Any:  # type: ignore[override]
        return {"generations": [trace.get()]}


class Spies(Fn):
    """Writes the caller's variable into its rows, and changes it."""

    loaded: str = ""

    def load(self) -> None:
        super().load()
        self.loaded = trace.get()

    def process(self, inputs: StepInput) -> Any:
        for row in inputs:
            row["seen"], row["loaded"] = trace.get(), self.loaded
        trace.set("changed by a step")
        yield inputs


@pytest.mark.parametrize("seconds", [None, 60.0])
def test_steps_and_models_see_the_context_variables_of_the_caller(
    seconds: float | None, tmp_path: Path
) -> None:
    for value in ("mine", "of the next run"):
        trace.set(value)
        with Pipeline(name="p", cache_dir=tmp_path / value) as pipeline:
            spies = Spies(input_batch_size=2, process_timeout=seconds)
            Numbers(count=6) >> spies >> Ask(llm=Traces())
        rows = rows_of(pipeline.run())
        assert {(r["seen"], r["loaded"], r["answer"]) for r in rows} == {(value, value, value)}
        assert trace.get() == value
    trace.set("unset")


def test_a_pipeline_inside_a_step_is_not_part_of_its_row(tmp_path: Path) -> None:
    """The variables of distilabel itself are not those of the inner run."""

    def inner(rows: Any) -> Any:
        with Pipeline(name="inner", cache_dir=tmp_path) as pipeline:
            Numbers(count=2) >> Ask(llm=Echo())
        rows[0]["inner"] = len(rows_of(pipeline.run()))
        return rows

    with Pipeline(name="outer", cache_dir=tmp_path) as pipeline:
        Numbers(count=1) >> Fn(function=inner)
        # Called inside the block: steps that other steps make do not join this pipeline.
        assert [row["inner"] for row in rows_of(pipeline.run())] == [2]
    assert len(pipeline.dag) == 2

"""`await pipeline.arun()` leaves the loop of the caller alone, and stops when it is canceled."""

from __future__ import annotations

import asyncio
import contextlib
import inspect
import logging
import signal
import threading
from contextvars import ContextVar
from pathlib import Path
from typing import Any

import pytest
from pydantic import PrivateAttr

from distilabel.pipeline import Pipeline
from distilabel.pipeline.running.awaited_run import awaited_run
from rooms import Ask, Echo, Numbers, rows_of, script

WHO: ContextVar[str] = ContextVar("who", default="nobody")


class Held(Echo):
    """Answers some questions at once, and the others when they are released."""

    _held: Any = PrivateAttr(default_factory=threading.Event)
    _release: Any = PrivateAttr(default_factory=threading.Event)
    free: int = 3

    async def agenerate(self, input: Any, num_generations: int = 1) -> Any:  # type: ignore[override]
        if int(input[-1]["content"]) >= self.free:
            self._held.set()
            await asyncio.to_thread(self._release.wait, 60)
        return await super().agenerate(input, num_generations)


class Said(logging.Handler):
    """Waits until something is logged."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.text = text
        self.said = threading.Event()

    def emit(self, record: logging.LogRecord) -> None:
        if self.text in record.getMessage():
            self.said.set()


def build(folder: Path, model: Echo, count: int = 6, name: str = "p") -> Pipeline:
    with Pipeline(name=name, cache_dir=folder) as pipeline:
        Numbers(count=count) >> Ask(llm=model)
    return pipeline


def test_it_has_the_parameters_of_run() -> None:
    assert inspect.signature(Pipeline.arun) == inspect.signature(Pipeline.run)
    assert "loop of the caller goes on" in str(Pipeline.arun.__doc__)


async def test_the_loop_of_the_caller_goes_on(tmp_path: Path) -> None:
    model = Held()
    running = asyncio.create_task(build(tmp_path, model).arun())
    # This loop goes on while the run waits for an answer: otherwise it would wait for ever.
    assert await asyncio.to_thread(model._held.wait, 60)
    model._release.set()
    assert len(rows_of(await running)) == 6


async def test_two_run_side_by_side(tmp_path: Path) -> None:
    pipelines = [build(tmp_path, Echo(), name=name) for name in ("a", "b")]
    both = await asyncio.gather(*(pipeline.arun(use_cache=False) for pipeline in pipelines))
    assert [len(rows_of(distiset)) for distiset in both] == [6, 6]


async def test_the_run_has_the_context_variables_of_the_caller() -> None:
    WHO.set("caller")
    assert await awaited_run(WHO.get) == "caller"


async def test_what_the_run_raises_is_raised(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="no steps"):
        await Pipeline(name="p", cache_dir=tmp_path).arun()


async def test_a_canceled_run_keeps_its_answers(tmp_path: Path) -> None:
    model = Held(max_concurrency=2)
    pipeline = build(tmp_path, model)
    running = asyncio.create_task(pipeline.arun())
    assert await asyncio.to_thread(model._held.wait, 60)
    stopping = Said("Stopping")
    logging.getLogger("distilabel").addHandler(stopping)
    running.cancel()
    assert await asyncio.to_thread(stopping.said.wait, 60)
    logging.getLogger("distilabel").removeHandler(stopping)
    # Requests in flight finish first.
    assert not running.done()
    model._release.set()
    with pytest.raises(asyncio.CancelledError):
        await running
    asked = len(model.asked)
    assert asked < 6
    assert len(rows_of(await pipeline.arun())) == 6
    assert len(model.asked) == 6


async def test_canceled_twice_it_stops_at_once(tmp_path: Path) -> None:
    model = Held()
    running = asyncio.create_task(build(tmp_path, model).arun())
    assert await asyncio.to_thread(model._held.wait, 60)
    for _ in range(2):
        running.cancel()
        await asyncio.sleep(0)
    # The answer never comes.
    with contextlib.suppress(asyncio.CancelledError):
        await running
    assert running.cancelled()
    assert len(model.asked) == 3


PROGRAM = """
    import asyncio, sys, threading
    sys.path.insert(0, {tests!r})
    from rooms import Ask, Echo, Numbers
    from distilabel.pipeline import Pipeline

    class Slow(Echo):
        async def agenerate(self, input, num_generations=1):
            if int(input[-1]["content"]) >= 10:
                open("held", "a").close()
                await asyncio.sleep(0.5)
            return await super().agenerate(input, num_generations)

    model = Slow(max_concurrency=4)
    with Pipeline(name="p", cache_dir="cache") as pipeline:
        Numbers(count=1000) >> Ask(llm=model)

    async def main():
        if {how!r} == "thread":
            await asyncio.to_thread(pipeline.run)
        elif {how!r} == "arun":
            await pipeline.arun()
        else:
            distiset = pipeline.run()
            print("interrupted", distiset.report.interrupted, flush=True)
        print("went on", flush=True)

    try:
        asyncio.run(main())
    except KeyboardInterrupt:
        print("KeyboardInterrupt", flush=True)
    print("asked", len(model.asked), flush=True)
"""


@pytest.mark.parametrize(
    ("how", "said"),
    [
        ("thread", ["KeyboardInterrupt"]),
        ("arun", ["KeyboardInterrupt"]),
        ("sync", ["interrupted True", "went on"]),
    ],
)
def test_ctrl_c_under_asyncio_run(how: str, said: list[str], tmp_path: Path) -> None:
    process = script(PROGRAM.format(tests=str(Path(__file__).parents[2]), how=how), tmp_path)
    while not (tmp_path / "held").exists():
        assert process.poll() is None, process.communicate()
        threading.Event().wait(0.01)
    process.send_signal(signal.SIGINT)
    out, errors = process.communicate(timeout=60)
    *lines, last = out.splitlines()
    assert lines == said
    assert "Stopping" in errors
    assert 10 <= int(last.removeprefix("asked ")) < 100


@pytest.mark.parametrize("kind", [KeyboardInterrupt, StopIteration, SystemExit])
def test_what_would_end_the_loop_of_the_caller_is_a_runtime_error(
    kind: type[BaseException],
) -> None:
    raised: list[BaseException] = []

    def run() -> None:
        raise kind("enough")

    def program() -> None:
        try:
            asyncio.run(awaited_run(run))
        except BaseException as error:
            raised.append(error)

    # In a thread: a run whose end is never known would block the tests forever.
    thread = threading.Thread(target=program, daemon=True)
    thread.start()
    thread.join(10)
    assert [(type(error), str(error)) for error in raised] == [
        (RuntimeError, f"{kind.__name__}: enough")
    ]

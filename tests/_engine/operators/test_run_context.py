"""Protects how a run drains: once, for the first reason, waking and turning away what waits."""

from __future__ import annotations

import asyncio
from contextvars import ContextVar
from typing import Any

import pytest

from distilabel._engine.operators.run_context import RunContext
from distilabel._engine.run_config import RunConfig
from distilabel._engine.run_state import Phase, RunState
from distilabel.models.protocol import RunStopped
from rooms import Echo

WHO: ContextVar[str] = ContextVar("who", default="nobody")


class Waiting:
    """Counts how often it was woken."""

    def __init__(self) -> None:
        self.woken = 0

    def wake(self) -> None:
        self.woken += 1


def context(state: RunState | None = None) -> RunContext:
    def emit(event: Any) -> None:
        pass

    return RunContext(RunConfig(), state or RunState(), emit=emit, store=None, window=8)


async def test_the_last_sink_ends_the_run() -> None:
    run = context()
    run.open_sinks = 2
    waiting = asyncio.ensure_future(run.wait_until_draining())
    run.sink_finished()
    await asyncio.sleep(0)
    assert not run.stopping
    assert not waiting.done()
    run.sink_finished()
    await waiting
    assert (run.stopping, run.state.failure) == (True, None)


async def test_the_first_failure_ends_the_run_and_wakes_what_waits() -> None:
    run, waiting, first = context(), Waiting(), ValueError("first")
    run.waiting.append(waiting)
    run.fail(first)
    run.fail(ValueError("second"))
    await run.wait_until_draining()
    assert (run.state.phase, run.state.failure) == (Phase.DRAINING, first)
    assert waiting.woken == 1


async def test_a_failure_while_draining_is_not_that_of_the_run() -> None:
    run = context()
    run.drain()
    run.fail(ValueError("late"))
    assert run.state.failure is None


async def test_a_task_that_raises_fails_the_run() -> None:
    run, error = context(), ValueError("broken")

    async def raises() -> None:
        raise error

    run.start(raises(), "s")
    await run.wait_until_draining()
    assert run.state.failure is error
    await run.close()


async def test_draining_turns_away_requests_that_wait_and_keeps_those_in_flight() -> None:
    run = context()
    limiter = run.limiters.of(Echo(max_concurrency=1))
    await limiter.acquire()
    waits = asyncio.ensure_future(limiter.acquire())
    await asyncio.sleep(0)
    run.drain()
    with pytest.raises(RunStopped):
        await waits
    assert limiter.in_flight == 1
    await run.close()


async def test_the_end_of_a_stage_is_waited_for_until_its_operators_have_finished() -> None:
    run = context()
    finished: list[str] = []
    waiting = asyncio.ensure_future(run.wait_until_draining(lambda: len(finished) == 2))
    for name in "ab":
        await asyncio.sleep(0)
        assert not waiting.done()
        finished.append(name)
        run.operator_finished()
    await waiting
    assert not run.stopping


async def test_closing_cancels_tasks() -> None:
    run = context()
    cancelled = asyncio.Event()

    async def hangs() -> None:
        try:
            await asyncio.Event().wait()
        finally:
            cancelled.set()

    run.start(hangs(), "s")
    await asyncio.sleep(0)
    await run.close()
    assert cancelled.is_set()
    assert run.state.is_running


async def test_work_counts_before_its_first_step_and_not_after_it_is_cancelled() -> None:
    run = context()

    async def never() -> None:
        raise AssertionError("it was cancelled before its first step")

    run.start_work(never(), "s")
    assert not run.activity.idle
    await run.close()
    await asyncio.sleep(0)
    assert run.activity.idle
    assert run.state.failure is None


async def test_work_that_raises_no_longer_counts() -> None:
    run = context()

    async def raises() -> None:
        raise ValueError("broken")

    run.start_work(raises(), "s")
    await run.wait_until_draining()
    await asyncio.sleep(0)
    assert run.activity.idle
    await run.close()


async def test_a_long_chain_of_operators_does_not_nest_their_calls() -> None:
    run = context()
    order: list[tuple[int, int]] = []

    def receive(operator: int, chunk: int) -> None:
        order.append((operator, chunk))
        if operator < 5_000:
            run.deliver(receive, operator + 1, chunk)

    run.deliver(receive, 0, 1)
    assert order == [(n, 1) for n in range(5_001)]


async def test_an_operator_receives_everything_in_the_order_in_which_it_was_sent() -> None:
    run = context()
    received: dict[int, list[int]] = {}

    def receive(operator: int, chunk: int) -> None:
        received.setdefault(operator, []).append(chunk)
        if operator < 100:
            # Sends two of each, along a chain that is deep.
            if operator in (0, 30, 60):
                run.deliver(receive, operator + 1, 2 * chunk)
            run.deliver(receive, operator + 1, 2 * chunk + 1)

    run.deliver(receive, 0, 0)
    assert all(chunks == sorted(chunks) for chunks in received.values())
    assert len(received[100]) == 8


async def test_what_a_short_way_brings_does_not_overtake_what_waits_on_a_long_one() -> None:
    run, sent, received = context(), list[tuple[str, int]](), list[tuple[str, int]]()

    def send(way: str, n: int) -> None:
        sent.append((way, n))
        run.deliver(receive, way, n)

    def receive(way: str, n: int) -> None:
        received.append((way, n))
        if way == "long" and n < 100:
            send("long", n + 1)
            send("short", n)

    send("long", 0)
    assert len(received) == 201
    assert received == sent


async def test_after_an_operator_that_raised_others_still_receive() -> None:
    run = context()
    received = []

    def receive(n: int) -> None:
        received.append(n)
        if n == 40:
            raise ValueError("broken")
        if n < 60:
            run.deliver(receive, n + 1)

    with pytest.raises(ValueError, match="broken"):
        run.deliver(receive, 0)
    run.deliver(receive, 50)
    assert received[-1] == 60


async def test_what_must_be_closed_is_closed_at_the_end() -> None:
    run, closed = context(), []
    run.closing.append(lambda: closed.append(1))
    await run.close()
    assert closed == [1]


async def test_variables_that_one_task_sets_are_not_those_of_another() -> None:
    WHO.set("caller")
    run, seen = context(), list[str]()
    both, ended = asyncio.Barrier(2), asyncio.Barrier(3)

    async def work(name: str) -> None:
        seen.append(WHO.get())
        WHO.set(name)
        await both.wait()
        seen.append(WHO.get())
        await ended.wait()

    for name in ("one", "two"):
        run.start(work(name), "s")
    await ended.wait()
    assert seen[:2] == ["caller", "caller"]
    assert sorted(seen[2:]) == ["one", "two"]
    await run.close()

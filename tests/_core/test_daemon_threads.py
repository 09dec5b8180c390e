"""Protects daemon threads: outcomes reach the caller, the pool is bounded, no hang blocks it."""

from __future__ import annotations

import asyncio
import subprocess
import sys
import threading

import pytest

from distilabel._core.daemon_threads import DaemonExecutor, DaemonThreads


def fail(error: BaseException) -> None:
    raise error


async def test_results_and_errors_reach_the_caller() -> None:
    threads = DaemonThreads(2)
    assert await threads.run(divmod, 7, 2) == (3, 1)
    with pytest.raises(KeyError, match="gone"):
        await threads.run(fail, KeyError("gone"))
    # A future cannot hold a StopIteration.
    with pytest.raises(RuntimeError, match="StopIteration: end"):
        await threads.run(fail, StopIteration("end"))
    threads.close()


async def test_no_more_threads_run_than_the_limit_and_idle_ones_are_reused() -> None:
    threads = DaemonThreads(3, "tested")
    running, most, names = 0, 0, set[str]()
    lock, full = threading.Lock(), threading.Event()

    def work() -> None:
        nonlocal running, most
        with lock:
            running += 1
            most = max(most, running)
            names.add(threading.current_thread().name)
            if running == 3:
                full.set()
        full.wait(10)
        with lock:
            running -= 1

    await asyncio.gather(*[threads.run(work) for _ in range(12)])
    threads.close()
    assert most == 3
    assert names == {"tested-1", "tested-2", "tested-3"}


async def test_a_canceled_function_that_has_not_begun_does_not_run() -> None:
    threads = DaemonThreads(1)
    begin, ran = threading.Event(), list[str]()
    first = asyncio.create_task(threads.run(begin.wait, 10))
    second = asyncio.create_task(threads.run(ran.append, "second"))
    await asyncio.sleep(0)
    second.cancel()
    await asyncio.sleep(0)
    begin.set()
    assert await first
    await threads.run(ran.append, "third")
    threads.close()
    assert ran == ["third"]


async def test_a_closed_pool_takes_no_more_work() -> None:
    threads = DaemonThreads(1)
    threads.close()
    with pytest.raises(RuntimeError, match="the run is over"):
        await threads.run(print)


def test_the_executor_returns_futures() -> None:
    executor = DaemonExecutor(1)
    begin = threading.Event()
    first = executor.submit(begin.wait, timeout=10)
    second = executor.submit(fail, KeyError("never"))
    assert second.cancel()
    begin.set()
    assert first.result(10)
    with pytest.raises(ValueError, match="wrong"):
        executor.submit(fail, ValueError("wrong")).result(10)
    executor.shutdown()


def test_a_program_ends_while_a_thread_hangs() -> None:
    program = """
import asyncio, time
from distilabel._core.daemon_threads import DaemonExecutor, DaemonThreads

async def main():
    asyncio.get_running_loop().set_default_executor(DaemonExecutor())
    asyncio.create_task(asyncio.to_thread(time.sleep, 600))
    asyncio.create_task(DaemonThreads(1).run(time.sleep, 600))
    await asyncio.sleep(0.1)

asyncio.run(main())
"""
    assert subprocess.run([sys.executable, "-c", program], timeout=60, check=False).returncode == 0


async def test_closing_ends_all_threads() -> None:
    threads = DaemonThreads(3, "closed")
    together = threading.Barrier(3)
    await asyncio.gather(*[threads.run(together.wait, 10) for _ in range(3)])
    started = [each for each in threading.enumerate() if each.name.startswith("closed-")]
    assert len(started) == 3
    threads.close()
    for thread in started:
        thread.join(10)
    assert not any(thread.is_alive() for thread in started)

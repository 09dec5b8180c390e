"""Ctrl-C reaches a run that does not wait in the main thread, or waits under `asyncio.run`."""

from __future__ import annotations

import asyncio
import signal
import threading
from typing import Any

import pytest

from distilabel._engine.run.interrupts import Interrupts, StopRequests, stop_requests


def test_a_plain_program_keeps_its_handler() -> None:
    before = signal.getsignal(signal.SIGINT)
    with Interrupts() as interrupts:
        assert signal.getsignal(signal.SIGINT) is before
        interrupts.check()


def test_in_the_main_thread_under_asyncio_run_it_is_raised_and_the_task_goes_on() -> None:
    async def main() -> str:
        handler = signal.getsignal(signal.SIGINT)
        with Interrupts(), pytest.raises(KeyboardInterrupt):
            signal.raise_signal(signal.SIGINT)
        assert signal.getsignal(signal.SIGINT) is handler
        await asyncio.sleep(0)
        return "went on"

    assert asyncio.run(main()) == "went on"


def test_in_another_thread_each_ctrl_c_is_raised_once() -> None:
    async def main() -> None:
        found: list[Any] = []
        ready, pressed = threading.Event(), threading.Event()

        def work() -> None:
            with Interrupts() as interrupts:
                interrupts.check()
                ready.set()
                pressed.wait(30)
                with pytest.raises(KeyboardInterrupt):
                    interrupts.check()
                interrupts.check()
                found.append("once")

        thread = threading.Thread(target=work)
        thread.start()
        ready.wait(30)
        signal.raise_signal(signal.SIGINT)
        pressed.set()
        thread.join()
        assert found == ["once"]
        await asyncio.sleep(0)

    with pytest.raises(KeyboardInterrupt):
        asyncio.run(main())


def test_a_request_to_stop_is_raised_once() -> None:
    requests = StopRequests()
    token = stop_requests.set(requests)
    try:
        with Interrupts() as interrupts:
            interrupts.check()
            requests.count += 2
            for _ in range(2):
                with pytest.raises(KeyboardInterrupt):
                    interrupts.check()
            interrupts.check()
    finally:
        stop_requests.reset(token)

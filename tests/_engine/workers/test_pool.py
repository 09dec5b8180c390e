"""Batches are done by the workers there are, where there is no backend for one that died."""

from __future__ import annotations

import pickle
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from distilabel._engine.workers.backend import WorkerDied
from distilabel._engine.workers.pool import Pool
from distilabel.steps.base import _Step
from worked import Plain


class Backend:
    """A backend with room for the first workers, and later for as many as `room` says."""

    def __init__(self) -> None:
        self.made: list[Fake] = []
        self.room = 2

    def open(self) -> None: ...

    def count(self, step: _Step) -> tuple[int, str]:
        return 2, ""

    def check(self, step: _Step) -> None: ...

    def pickle_step(self, step: _Step) -> bytes:
        return b""

    def prepare(self, pipeline: str, step: _Step) -> None: ...

    def start_worker(self, pipeline: str, step: _Step, number: int) -> Fake:
        self.made.append(Fake(self, number))
        return self.made[-1]


class Fake:
    """Marks rows with its number; the first one of number 1 dies of its first batch."""

    def __init__(self, backend: Backend, number: int) -> None:
        self.backend = backend
        self.number = number
        self.ended = False
        self.order = len(backend.made)

    def send(self, message: bytes) -> None: ...

    def wait_until_placed(self, seconds: float) -> bool:
        return self.order < self.backend.room

    def wait_until_loaded(self) -> str | None:
        return None

    def run(self, batch: bytes, seconds: float | None = None) -> Any:
        if self.order == 1:
            raise WorkerDied("dead")
        return [{**row, "by": self.number} for row in pickle.loads(batch)]

    def wait_until_unloaded(self) -> None:
        self.terminate()

    def terminate(self) -> None:
        self.ended = True

    def kill(self) -> None:
        self.terminate()


def done(pool: Pool, count: int, at_a_time: int = 2) -> list[int]:
    """By whom batches are done."""
    with ThreadPoolExecutor(at_a_time) as threads:
        outcomes = threads.map(lambda n: pool.run([{"n": n}]), range(count))
        return [rows[0]["by"] for rows in outcomes]


def test_those_that_are_left_do_all_batches_and_leave_nobody_waiting_for_a_place() -> None:
    backend = Backend()
    pool = Pool(Plain(name="plain"), 2, "p", "s", backend)
    pool.start()
    assert done(pool, 20) == [0] * 20
    pool.close()
    assert all(worker.ended for worker in backend.made)


def test_another_takes_the_number_of_one_that_died_once_there_is_a_place_again() -> None:
    backend = Backend()
    pool = Pool(Plain(name="plain"), 2, "p", "s", backend)
    pool.start()
    assert done(pool, 2) == [0, 0]
    backend.room = 1000
    # Nobody is idle, as if it were at work: so there is need of another.
    busy = pool._idle.popleft()
    assert done(pool, 4, at_a_time=1) == [1] * 4
    pool._idle.append(busy)
    assert {worker.number for worker in backend.made[2:]} == {1}
    pool.close()

"""The pool of workers of one step: started together, replaced when one dies, closed together."""

from __future__ import annotations

import contextlib
import logging
import pickle
from collections import deque
from functools import partial
from typing import Any, Final

from distilabel._core.daemon_threads import DaemonThreads
from distilabel._engine.workers.backend import (
    WorkerBackend,
    WorkerDied,
    WorkerHandle,
    WorkerTimeout,
)
from distilabel._engine.workers.protocol import END, Assignment
from distilabel.constants import PIPELINE_CACHE_ID_ENV_NAME, PIPELINE_NAME_ENV_NAME
from distilabel.models.protocol import RunStopped
from distilabel.steps.base import _Step

# Deaths in a row, without a finished batch in between, after which the pool gives up.
_MOST_DEATHS: Final = 10
_POLL_SECONDS: Final = 0.1

_log = logging.getLogger("distilabel.pipeline")


class WorkersLost(RuntimeError):
    """Raised when workers keep dying or cannot be replaced."""


class Pool:
    """Runs batches of one step on workers.

    Args:
        step: The step.
        count: Number of workers.
        pipeline: Name of the pipeline.
        signature: Signature of the pipeline.
        backend: Where the workers run.
        seconds: Time limit of a batch; None for no limit.

    Attributes:
        count: Number of workers.
        threads: Threads for `run`, one per worker.
        configuration: Digest of the configuration of the loaded step; None if it has no digest.
    """

    def __init__(
        self,
        step: _Step,
        count: int,
        pipeline: str,
        signature: str,
        backend: WorkerBackend,
        seconds: float | None = None,
    ) -> None:
        self.count = count
        self.threads = DaemonThreads(count, f"distilabel-{step.name}")
        self.configuration: str | None = None
        self._name = str(step.name)
        self._pickle_step = partial(backend.pickle_step, step)
        self._environment = {
            PIPELINE_NAME_ENV_NAME: pipeline,
            PIPELINE_CACHE_ID_ENV_NAME: signature,
        }
        self._assignment = b""
        self._seconds = seconds
        self._start_worker = partial(backend.start_worker, pipeline, step)
        # A replacement takes the number of the worker that it replaces.
        self._workers: dict[WorkerHandle, int] = {}
        self._numbers = deque(range(count))
        self._idle: deque[WorkerHandle] = deque()
        self._deaths = 0
        self._closed = False

    def start(self) -> None:
        """Starts the workers and waits until all have loaded the step.

        Raises:
            DistilabelUserError: The step cannot be pickled.
            Exception: What loading the step raised, or how a worker ended.
        """
        level = logging.getLogger("distilabel").level
        self._assignment = pickle.dumps(Assignment(self._pickle_step(), level, self._environment))
        started = [self._new() for _ in range(self.count)]
        for worker in started:
            worker.send(self._assignment)
        self.configuration, *_ = [worker.wait_until_loaded() for worker in started]
        self._idle += started

    def run(self, batch: Any) -> Any:
        """Runs a batch on an idle worker; retries it once on another one if the worker dies.

        Args:
            batch: The batch.

        Returns:
            The result of the job.

        Raises:
            WorkerDied: Both workers died.
            TimeoutError: The time limit was exceeded; a new worker replaces the terminated one.
            WorkersLost: No worker is left that could run the batch.
            RunStopped: The pool was closed meanwhile.
            Exception: What the step raised.
        """
        data = pickle.dumps(batch)
        try:
            return self._run_once(data)
        except WorkerDied as error:
            _log.warning("%s: %s. Retrying its batch once.", self._name, error)
        return self._run_once(data)

    def _run_once(self, data: bytes) -> Any:
        worker = self._idle_worker()
        try:
            result = worker.run(data, self._seconds)
        except WorkerDied as error:
            self._handle_death(worker, error)
            raise
        except WorkerTimeout:
            self._release_number(worker)
            raise TimeoutError(
                f"`process` of {self._name} took longer than {self._seconds:g} s; its worker "
                "process was terminated"
            ) from None
        except BaseException:
            self._return_worker(worker)
            raise
        self._return_worker(worker)
        return result

    def _return_worker(self, worker: WorkerHandle) -> None:
        self._deaths = 0
        self._idle.append(worker)

    def _idle_worker(self) -> WorkerHandle:
        while True:
            if self._closed:
                raise RunStopped
            # As many threads as workers call this, so if none is idle, one has died.
            with contextlib.suppress(IndexError):
                return self._idle.popleft()
            try:
                worker = self._new()
                worker.send(self._assignment)
                if self._wait_until_placed(worker):
                    worker.wait_until_loaded()
                    return worker
            except WorkerDied as error:
                self._handle_death(worker, error)
            except Exception as error:
                raise WorkersLost(
                    f"{self._name}: the step could not be loaded in a worker process that replaces "
                    f"one that died: {type(error).__name__}: {error}"
                ) from error
            else:
                # The other workers go on. The next batch may find room for a new one.
                worker.terminate()
                self._release_number(worker)

    def _wait_until_placed(self, worker: WorkerHandle) -> bool:
        """Waits until a worker has a machine, or until another worker is idle."""
        while not worker.wait_until_placed(_POLL_SECONDS):
            if self._idle:
                return False
        return True

    def _new(self) -> WorkerHandle:
        number = self._numbers.popleft()
        worker = self._start_worker(number)
        self._workers[worker] = number
        if self._closed:
            # `close` may have run before the worker was registered.
            worker.terminate()
            raise RunStopped
        return worker

    def _release_number(self, worker: WorkerHandle) -> None:
        number = self._workers.pop(worker, None)
        if number is not None:
            self._numbers.append(number)

    def _handle_death(self, worker: WorkerHandle, error: WorkerDied) -> None:
        worker.terminate()
        self._release_number(worker)
        if self._closed:
            raise RunStopped from None
        self._deaths += 1
        if self._deaths >= _MOST_DEATHS:
            raise WorkersLost(
                f"{self._name}: its worker processes died {self._deaths} times in a row; the last "
                f"error: {error}. Smaller batches (input_batch_size) or fewer replicas need less "
                "memory. Finished work is stored: run again to continue."
            ) from None

    def close(self) -> None:
        """Unloads the step in idle workers and ends all workers."""
        self._closed = True
        self.threads.close()
        # One by one: a thread that is still running a batch may take one as well.
        idle: list[WorkerHandle] = []
        with contextlib.suppress(IndexError):
            while True:
                idle.append(self._idle.popleft())
        for worker in idle:
            worker.send(END)
        for worker in idle:
            try:
                worker.wait_until_unloaded()
            except Exception as error:  # noqa: BLE001 (a user's step raises anything)
                _log.warning(
                    "%s could not be unloaded: %s: %s", self._name, type(error).__name__, error
                )
            self._release_number(worker)
        # Workers that are still running a batch.
        for worker in list(self._workers):
            worker.terminate()

    def kill(self) -> None:
        """Kills the workers at once."""
        self._closed = True
        for worker in list(self._workers):
            worker.kill()

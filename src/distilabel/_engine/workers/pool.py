"""The workers of one step: started together, replaced when one dies, ended together."""

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

# So many deaths without a batch done in between say that it will not get better.
_MOST_DEATHS: Final = 10
_LOOK_SECONDS: Final = 0.1

_log = logging.getLogger("distilabel.pipeline")


class WorkersLost(RuntimeError):
    """The worker processes of a step die one after the other, or cannot be started again."""


class Pool:
    """The worker processes of one step.

    Args:
        step: the step.
        count: how many processes.
        pipeline: name of the pipeline.
        signature: of the pipeline.
        site: where they are.
        seconds: that they may take for a batch; None is no limit.

    Attributes:
        count: how many processes.
        threads: for `run`, one for each process.
        configuration: digest of the configuration of the loaded step; None if it has none.
    """

    def __init__(
        self,
        step: _Step,
        count: int,
        pipeline: str,
        signature: str,
        site: WorkerBackend,
        seconds: float | None = None,
    ) -> None:
        self.count = count
        self.threads = DaemonThreads(count, f"distilabel-{step.name}")
        self.configuration: str | None = None
        self._name = str(step.name)
        self._packed = partial(site.packed, step)
        self._environment = {
            PIPELINE_NAME_ENV_NAME: pipeline,
            PIPELINE_CACHE_ID_ENV_NAME: signature,
        }
        self._assignment = b""
        self._seconds = seconds
        self._hand = partial(site.hand, pipeline, step)
        # Each has a number; whoever takes the place of another one takes its number.
        self._workers: dict[WorkerHandle, int] = {}
        self._numbers = deque(range(count))
        self._idle: deque[WorkerHandle] = deque()
        self._deaths = 0
        self._closed = False

    def start(self) -> None:
        """Starts the processes and waits until the step is loaded in all of them.

        Raises:
            DistilabelUserError: the step cannot be sent to another process.
            Exception: what loading the step raised, or how a process ended.
        """
        level = logging.getLogger("distilabel").level
        self._assignment = pickle.dumps(Assignment(self._packed(), level, self._environment))
        started = [self._new() for _ in range(self.count)]
        for worker in started:
            worker.begin(self._assignment)
        self.configuration, *_ = [worker.wait_until_loaded() for worker in started]
        self._idle += started

    def run(self, what: Any) -> Any:
        """Works on a batch; one whose process dies is tried once more, in another one.

        Args:
            what: the batch.

        Returns:
            What became of it.

        Raises:
            WorkerDied: both processes died of it.
            TimeoutError: it took longer than it may; another process takes the place.
            WorkersLost: there are no processes any more that would work.
            RunStopped: the processes were ended meanwhile.
            Exception: what the step raised.
        """
        batch = pickle.dumps(what)
        try:
            return self._tried(batch)
        except WorkerDied as error:
            _log.warning("%s: %s. Its batch is tried once more.", self._name, error)
        return self._tried(batch)

    def _tried(self, batch: bytes) -> Any:
        worker = self._free()
        try:
            made = worker.run(batch, self._seconds)
        except WorkerDied as error:
            self._buried(worker, error)
            raise
        except WorkerTimeout:
            self._let_go(worker)
            raise TimeoutError(
                f"`process` of {self._name} took longer than {self._seconds:g} s; its worker "
                "process was ended"
            ) from None
        except BaseException:
            self._done(worker)
            raise
        self._done(worker)
        return made

    def _done(self, worker: WorkerHandle) -> None:
        self._deaths = 0
        self._idle.append(worker)

    def _free(self) -> WorkerHandle:
        while True:
            if self._closed:
                raise RunStopped
            # As many threads as workers come here: where none is idle, one has died.
            with contextlib.suppress(IndexError):
                return self._idle.popleft()
            try:
                worker = self._new()
                worker.begin(self._assignment)
                if self._has_place(worker):
                    worker.wait_until_loaded()
                    return worker
            except WorkerDied as error:
                self._buried(worker, error)
            except Exception as error:
                raise WorkersLost(
                    f"{self._name}: the step cannot be loaded in a new worker process, in place of "
                    f"one that died: {type(error).__name__}: {error}"
                ) from error
            else:
                # Those that are left go on. With the next batch there may be a place again.
                worker.end()
                self._let_go(worker)

    def _has_place(self, worker: WorkerHandle) -> bool:
        """Waits until there is a place for a worker; no longer than until another one is idle."""
        while not worker.has_begun(_LOOK_SECONDS):
            if self._idle:
                return False
        return True

    def _new(self) -> WorkerHandle:
        number = self._numbers.popleft()
        worker = self._hand(number)
        self._workers[worker] = number
        if self._closed:
            # Whoever closes may not have seen it any more.
            worker.end()
            raise RunStopped
        return worker

    def _let_go(self, worker: WorkerHandle) -> None:
        number = self._workers.pop(worker, None)
        if number is not None:
            self._numbers.append(number)

    def _buried(self, worker: WorkerHandle, error: WorkerDied) -> None:
        worker.end()
        self._let_go(worker)
        if self._closed:
            raise RunStopped from None
        self._deaths += 1
        if self._deaths >= _MOST_DEATHS:
            raise WorkersLost(
                f"{self._name}: its worker processes died {self._deaths} times without finishing "
                f"a batch, the last time so: {error}. Smaller batches (input_batch_size) or fewer "
                "replicas need less memory. What was done so far is kept: run again."
            ) from None

    def close(self) -> None:
        """Unloads the step where nothing is being done, and ends the processes."""
        self._closed = True
        self.threads.close()
        # Taken away one by one: a thread that is still at it may take one as well.
        idle: list[WorkerHandle] = []
        with contextlib.suppress(IndexError):
            while True:
                idle.append(self._idle.popleft())
        for worker in idle:
            worker.begin(END)
        for worker in idle:
            try:
                worker.wait_until_unloaded()
            except Exception as error:  # noqa: BLE001 (whatever a step of the user's raises)
                _log.warning(
                    "%s could not be unloaded: %s: %s", self._name, type(error).__name__, error
                )
            self._let_go(worker)
        # Those that are at work still, or have not been seen to be done.
        for worker in list(self._workers):
            worker.end()

    def kill(self) -> None:
        """Kills the processes at once."""
        self._closed = True
        for worker in list(self._workers):
            worker.kill()

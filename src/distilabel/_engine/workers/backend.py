"""The interface between the pool of a step and the place where its workers run.

Implemented by processes on this machine and by actors on a Ray cluster. A backend knows neither
rows nor the pool.
"""

from __future__ import annotations

from typing import Any, Protocol

from distilabel.steps.base import _Step


class WorkerDied(Exception):
    """Raised when a worker ends while it is working."""


class WorkerTimeout(Exception):
    """Raised when a worker exceeds the time limit of a batch; the worker has been terminated."""


class WorkerHandle(Protocol):
    """One worker as the pool sees it. It loads a job and processes one batch at a time."""

    def send(self, message: bytes) -> None:
        """Sends a message without waiting for the response.

        Args:
            message: A pickled `Assignment`, or `END`.
        """

    def wait_until_placed(self, seconds: float) -> bool:
        """Waits until the worker has a machine to run on.

        Args:
            seconds: Longest wait.

        Returns:
            True if it has one.
        """

    def wait_until_loaded(self) -> str | None:
        """Waits for the response to the assignment.

        Returns:
            The digest of the configuration of the loaded step; None if it has no digest.

        Raises:
            WorkerDied: The worker ended.
            Exception: What loading the step raised.
        """

    def run(self, batch: bytes, seconds: float | None = None) -> Any:
        """Processes a batch.

        Args:
            batch: The pickled rows.
            seconds: Time limit; None for no limit.

        Returns:
            The result of the job.

        Raises:
            WorkerDied: The worker ended.
            WorkerTimeout: The time limit was exceeded.
            Exception: What the step raised.
        """

    def wait_until_unloaded(self) -> None:
        """Waits for the response to `END`, then terminates the worker.

        Raises:
            WorkerDied: The worker ended before it responded.
            Exception: What unloading the step raised.
        """

    def terminate(self) -> None:
        """Ends the worker, whatever it is doing, and waits for its end."""

    def kill(self) -> None:
        """Ends the worker at once, without waiting."""


class WorkerBackend(Protocol):
    """A place where workers run."""

    def open(self) -> None:
        """Prepares for a run, before any step is loaded."""

    def prepare(self, pipeline: str, step: _Step) -> None:
        """Tells the models of a step where to start their servers, before the step is loaded.

        Args:
            pipeline: Name of the pipeline.
            step: The step.
        """

    def count(self, step: _Step) -> tuple[int, str]:
        """Decides how many workers a step gets.

        Args:
            step: The step.

        Returns:
            The number of workers, 0 for a step that runs in the main process; and the reason, for
            the log, if the step asks for workers and gets none.
        """

    def check(self, step: _Step) -> None:
        """Checks that a step can run on its workers.

        Raises:
            DistilabelUserError: It cannot; the message says why.
        """

    def pickle_step(self, step: _Step) -> bytes:
        """Pickles the job that the workers of a step load.

        Raises:
            DistilabelUserError: The step cannot be pickled; the message names the attribute.
        """

    def start_worker(self, pipeline: str, step: _Step, number: int) -> WorkerHandle:
        """Starts a worker.

        Args:
            pipeline: Name of the pipeline.
            step: The step that the worker runs.
            number: Index of the worker among those of the step, from 0.
        """

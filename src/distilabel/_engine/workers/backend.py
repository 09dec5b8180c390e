"""Where workers are: what the pool of a step asks of a place, and of each worker there."""

from __future__ import annotations

from typing import Any, Protocol

from distilabel.steps.base import _Step


class WorkerDied(Exception):
    """A worker ended in the middle of its work."""


class WorkerTimeout(Exception):
    """A worker took longer for a batch than it may, and was ended."""


class WorkerHandle(Protocol):
    """A worker: runs a step, one batch at a time."""

    def begin(self, what: bytes) -> None:
        """Says what is to be done; what comes of it is waited for with another method.

        Args:
            what: an `Assignment`, pickled, or `END`.
        """

    def has_begun(self, seconds: float) -> bool:
        """Whether there is a place where it works; waits for one.

        Args:
            seconds: to wait at most.
        """

    def wait_until_loaded(self) -> str | None:
        """Waits until the step is loaded there; `begin` comes before.

        Returns:
            The digest of its configuration then; None if it has none.

        Raises:
            WorkerDied: the worker ended.
            Exception: what loading the step raised.
        """

    def run(self, batch: bytes, seconds: float | None = None) -> Any:
        """Works on a batch.

        Args:
            batch: its rows, pickled.
            seconds: that it may take; None is no limit.

        Returns:
            What the worker has made of it.

        Raises:
            WorkerDied: the worker ended.
            TookTooLong: it took longer, and the worker was ended for it.
            Exception: what the step raised.
        """

    def wait_until_unloaded(self) -> None:
        """Waits until the step is unloaded, and ends the worker; `begin(END)` comes before.

        Raises:
            WorkerDied: the worker ended before.
            Exception: what unloading the step raised.
        """

    def end(self) -> None:
        """Ends the worker, whatever it does."""

    def kill(self) -> None:
        """Ends the worker at once, and does not wait for it."""


class WorkerBackend(Protocol):
    """A place for workers."""

    def open(self) -> None:
        """Gets ready for a run, before anything is loaded."""

    def count(self, step: _Step) -> tuple[int, str]:
        """How many workers a step gets here, and why not those it asks for.

        Args:
            step: the step.

        Returns:
            A number, 0 for a step that runs in this process; and words for people where it asks
            for some and gets none.
        """

    def check(self, step: _Step) -> None:
        """Checks that a step can be run here.

        Raises:
            DistilabelUserError: it cannot; says why.
        """

    def packed(self, step: _Step) -> bytes:
        """A step as bytes, for the way to a worker.

        Raises:
            DistilabelUserError: it has no such form; says which of its attributes is in the way.
        """

    def hand(self, pipeline: str, step: _Step, number: int) -> WorkerHandle:
        """Starts a worker.

        Args:
            pipeline: name of the pipeline.
            step: that it is to run.
            number: of the worker, among those of the step; from 0.
        """

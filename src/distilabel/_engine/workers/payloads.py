"""What is sent to a worker: something to load, to give things to do, and to unload."""

from __future__ import annotations

from typing import Any, Protocol

from distilabel._engine.calling.fingerprint import field_digest, state_of
from distilabel._engine.calling.step_call import run_step
from distilabel._engine.rows.rows import RowOrigin
from distilabel.models.llms.base import LLM


class WorkerJob(Protocol):
    """Something to be done elsewhere."""

    def load(self) -> None:
        """Gets ready."""

    def described(self) -> str | None:
        """A digest of what it is, once it is loaded; None if there is none."""

    def do(self, what: Any) -> Any:
        """Does a part of it."""

    def unload(self) -> None:
        """Lets go of what `load` took."""


class StepJob:
    """Running a step on batches.

    Args:
        step: the copy that is sent.
    """

    def __init__(self, step: Any) -> None:
        self._step = step

    def load(self) -> None:
        """Loads the step."""
        self._step.load()

    def described(self) -> str | None:
        """The digest of the step's configuration."""
        try:
            return field_digest(self._step)
        except TypeError:
            return None

    def do(self, what: list[Any]) -> tuple[list[Any], list[RowOrigin], bool]:
        """What becomes of a batch: rows, where they come from, whether the step remembers it."""
        before = state_of(self._step)
        rows, origins = run_step(self._step, what)
        return rows, origins, state_of(self._step) != before

    def unload(self) -> None:
        """Unloads the step."""
        self._step.unload()


class ModelJob:
    """Asking a model that works in the process it is loaded in.

    Args:
        llm: the model.
    """

    def __init__(self, llm: LLM) -> None:
        self._llm = llm

    def load(self) -> None:
        """Loads the model."""
        self._llm.load()

    def described(self) -> str | None:
        """Nothing: answers are kept under what was asked."""
        return None

    def do(self, what: tuple[list[Any], int, dict[str, Any]]) -> Any:
        """Answers questions: inputs, generations of each, arguments."""
        inputs, count, arguments = what
        return self._llm.generate(inputs=inputs, num_generations=count, **arguments)

    def unload(self) -> None:
        """Unloads the model."""
        self._llm.unload()

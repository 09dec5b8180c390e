"""The jobs that are pickled and sent to a worker: run a step, or generate with a model."""

from __future__ import annotations

from typing import Any, Protocol

from distilabel._engine.calling.fingerprint import field_digest
from distilabel._engine.calling.snapshot import Snapshot
from distilabel._engine.calling.state_of_step import watch
from distilabel._engine.calling.step_call import StepCall, StepOutput
from distilabel.models.llms.base import LLM


class WorkerJob(Protocol):
    """A job in a worker: loaded once, run for every batch, unloaded at the end."""

    def load(self) -> None:
        """Loads the step or the model."""

    def digest(self) -> str | None:
        """Returns a digest of the loaded job's configuration; None if it has none."""

    def run(self, batch: Any) -> Any:
        """Processes one batch."""

    def unload(self) -> None:
        """Releases what `load` acquired."""


class StepJob:
    """Runs a step on batches of rows.

    Args:
        step: The copy of the step that is sent.
    """

    def __init__(self, step: Any) -> None:
        self._step = step
        self._call: StepCall | None = None
        self._state: Snapshot | None = None

    def load(self) -> None:
        """Loads the step."""
        self._step.load()
        self._state = watch(self._step)

    def digest(self) -> str | None:
        """Returns the digest of the step's configuration."""
        try:
            return field_digest(self._step)
        except TypeError:
            return None

    def run(self, batch: tuple[list[Any], bool]) -> tuple[StepOutput, bool]:
        """Runs the step on a batch.

        Args:
            batch: The rows, and whether they are joined with rows that do not pass through the
                step.

        Returns:
            The output of the step, and whether its state has changed.
        """
        rows, joined = batch
        if self._call is None:
            self._call = StepCall(self._step)
        output = self._call.run(rows, joined=joined)
        state = self._state
        return output, state is None or not (state.is_complete and state.is_unchanged())

    def unload(self) -> None:
        """Unloads the step."""
        self._step.unload()


class ModelJob:
    """Generates with a model that runs in the process in which it is loaded.

    Args:
        llm: The model.
    """

    def __init__(self, llm: LLM) -> None:
        self._llm = llm

    def load(self) -> None:
        """Loads the model."""
        self._llm.load()

    def digest(self) -> str | None:
        """Returns None: answers are stored by their cache key, which holds the model."""
        return None

    def run(self, batch: tuple[list[Any], int, dict[str, Any]]) -> Any:
        """Generates outputs.

        Args:
            batch: Inputs, generations per input, generation arguments.
        """
        inputs, num_generations, arguments = batch
        ask = self._llm._batch_method
        return ask(inputs=inputs, num_generations=num_generations, **arguments)

    def unload(self) -> None:
        """Unloads the model."""
        self._llm.unload()

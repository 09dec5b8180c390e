"""Worker processes on this machine, for steps that ask for replicas."""

from __future__ import annotations

from distilabel._engine.calling.execution_mode import ExecutionMode, execution_mode
from distilabel._engine.workers.models import asks_through_engine
from distilabel._engine.workers.pickling import packed_step
from distilabel._engine.workers.worker import WorkerProcess
from distilabel.steps.base import _Step


class ProcessBackend:
    """The site of a pipeline that runs on this machine."""

    def open(self) -> None:
        """Nothing is needed."""

    def count(self, step: _Step) -> tuple[int, str]:
        """As many processes as a plain step asks for, where that is more than one."""
        replicas = step.resources.replicas or 1
        if replicas == 1:
            return 0, ""
        if not step.is_normal:
            return 0, "only steps that get their rows in batches can have replicas"
        why_not = stays(step)
        return (0, why_not) if why_not else (replicas, "")

    def check(self, step: _Step) -> None:
        """Checks that a step with replicas can be sent to other processes."""
        if self.count(step)[0]:
            self.packed(step)

    def packed(self, step: _Step) -> bytes:
        """The step, pickled."""
        return packed_step(step)

    def hand(self, pipeline: str, step: _Step, number: int) -> WorkerProcess:
        """Starts a process."""
        return WorkerProcess(str(step.name))


def stays(step: _Step) -> str:
    """Why a step is better off in this process, for people; nothing if it is not."""
    if asks_through_engine(step):
        return "its questions wait for the model side by side in one process"
    if execution_mode(step) is ExecutionMode.MAP_ROWS:
        return "sending rows to another process takes longer than what it does with them"
    return ""

"""Steps for worker processes, which cannot import classes of a test module."""

from __future__ import annotations

import os
import signal
import time
from pathlib import Path
from typing import Any

from pydantic import PrivateAttr

from distilabel.mixins.runtime_parameters import RuntimeParameter
from distilabel.models.llms.base import LLM
from distilabel.steps.base import Step, StepInput
from distilabel.steps.decorator import step


class Plain(Step):
    """Writes its process id into each row, and does what the row asks for.

    Column `do` may be `raise`, `odd` (an error that cannot be pickled), `kill` (always),
    `kill_once`, `exit`, `sleep`, `unpicklable`, `log`.
    """

    folder: str = ""
    # Whether the first replacement of a killed process is killed as well.
    dies_again: bool = False
    _prefix: str = PrivateAttr(default="")
    _seen: list[Any] = PrivateAttr(default_factory=list)

    @property
    def inputs(self) -> list[str]:
        return ["n"]

    @property
    def outputs(self) -> list[str]:
        return ["pid", "made"]

    def load(self) -> None:
        super().load()
        self._prefix = "made"
        self._note("load")
        if self.dies_again and Path(self.folder, "killed").exists():
            again = Path(self.folder, "killed_again")
            if not again.exists():
                again.touch()
                os.kill(os.getpid(), signal.SIGKILL)

    def unload(self) -> None:
        self._note("unload")

    def _note(self, what: str) -> None:
        if self.folder:
            Path(self.folder, f"{what}-{os.getpid()}").touch()

    def process(self, inputs: StepInput) -> Any:
        for row in inputs:
            self._do(row.get("do"), row)
            row["pid"] = os.getpid()
            row["made"] = f"{self._prefix} {row['n']}"
            row["environment"] = os.environ.get("DISTILABEL_PIPELINE_NAME")
        yield inputs

    def _do(self, what: Any, row: dict[str, Any]) -> None:
        if what == "raise":
            raise ZeroDivisionError(f"row {row['n']}")
        if what == "odd":
            raise OddError("odd", 3)
        if what == "kill_once":
            mark = Path(self.folder, "killed")
            if not mark.exists():
                mark.touch()
                what = "kill"
        if what == "kill":
            os.kill(os.getpid(), signal.SIGKILL)
        if what == "exit":
            os._exit(3)
        if what == "sleep":
            self._note("sleeping")
            time.sleep(row["seconds"])
        if what == "unpicklable":
            row["lambda"] = lambda: None
        if what == "log":
            self._logger.warning("a word of row %d", row["n"])


class OddError(Exception):
    """Cannot be rebuilt from its arguments."""

    def __init__(self, text: str, number: int) -> None:
        super().__init__(text)
        self.number = number


class Multiplies(Step):
    """Drops every third row, and returns two rows for every second one."""

    def process(self, inputs: StepInput) -> Any:
        for row in inputs:
            if row["n"] % 3 != 1:
                yield [row] if row["n"] % 2 else [row, {**row, "second": True}]


class Both(Step):
    """Merges the rows of two predecessors."""

    def process(self, *inputs: StepInput) -> Any:
        yield [{**a, **b} for a, b in zip(*inputs, strict=True)]


class Counts(Step):
    """Counts rows across batches."""

    _count: int = PrivateAttr(default=0)

    def process(self, inputs: StepInput) -> Any:
        for row in inputs:
            self._count += 1
            row["count"] = self._count
        yield inputs


@step(inputs=["n"], outputs=["half"])
def Halve(inputs: StepInput, by: RuntimeParameter[int] = 2) -> Any:
    for row in inputs:
        row["half"] = row["n"] / by
        row["pid"] = os.getpid()
    yield inputs


class InProcess(LLM):
    """A model that answers with the id of the process in which it is loaded."""

    folder: str = ""
    _loaded: bool = PrivateAttr(default=False)

    @property
    def model_name(self) -> str:
        return "in-process"

    def load(self) -> None:
        super().load()
        self._loaded = True
        Path(self.folder, f"load-{os.getpid()}").touch()

    def unload(self) -> None:
        Path(self.folder, f"unload-{os.getpid()}").touch()

    def generate(self, inputs: Any, num_generations: int = 1, **kwargs: Any) -> Any:
        assert self._loaded
        texts = [chat[-1]["content"] for chat in inputs]
        if "die" in texts:
            os.kill(os.getpid(), signal.SIGKILL)
        time.sleep(0.05)
        return [
            {"generations": [f"{text} {os.getpid()}"] * num_generations, "statistics": {}}
            for text in texts
        ]


class Holds(Step):
    """Has a field that cannot be pickled."""

    handle: Any = None

    def process(self, inputs: StepInput) -> Any:
        yield inputs


class Unloadable(Step):
    """Cannot be loaded."""

    def load(self) -> None:
        raise FileNotFoundError("no weights")

    def process(self, inputs: StepInput) -> Any:
        yield inputs


class Burns(Step):
    """Uses CPU time for each row."""

    seconds: float = 0.01

    def process(self, inputs: StepInput) -> Any:
        for row in inputs:
            until = time.process_time() + self.seconds
            while time.process_time() < until:
                pass
            row["burnt"] = True
        yield inputs

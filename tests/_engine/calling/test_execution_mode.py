"""How a step is run follows from its class and its fields, also for subclasses of built-ins."""

from __future__ import annotations

from typing import Any

import pytest

from distilabel._engine.calling.execution_mode import ExecutionMode, execution_mode
from distilabel.models.llms.base import LLM
from distilabel.steps import GroupColumns, KeepColumns
from distilabel.steps.base import StepInput
from distilabel.steps.tasks import TextGeneration
from distilabel.steps.tasks.base import GlobalTask
from distilabel.steps.tasks.row_generator import RowGenerator
from rooms import Ask, Echo, Fn, FnGlobal, Numbers

ONLINE, OFFLINE = Echo(), Echo(use_offline_batch_generation=True)


class Made(RowGenerator):
    @property
    def outputs(self) -> list[str]:
        return ["n"]

    def _known_length(self) -> int | None:
        return 3

    async def arow(self, number: int, ask: Any) -> Any:
        return {"n": number}

    def format_output(self, output: str | None, input: Any = None) -> dict[str, Any]:
        return {"n": output}


class MadeInBatches(Made):
    def process(self, offset: int = 0) -> Any:
        yield [{"n": 1}], True


class OwnProcess(Ask):
    def process(self, inputs: StepInput) -> Any:
        yield from super().process(inputs)


class WithoutModel(Ask):
    llm: Any = None


class Panel(Fn):
    judge: LLM


class AllAtOnce(GlobalTask, Ask):
    pass


class OwnColumns(KeepColumns):
    def process(self, *inputs: StepInput) -> Any:
        yield from super().process(*inputs)


@pytest.mark.parametrize(
    ("step", "mode"),
    [
        (Numbers(), ExecutionMode.SOURCE),
        (Made(llm=ONLINE), ExecutionMode.TASK_SOURCE),
        (MadeInBatches(llm=ONLINE), ExecutionMode.SOURCE),
        (Ask(llm=ONLINE), ExecutionMode.TASK),
        (Ask(llm=OFFLINE), ExecutionMode.TASK),
        (TextGeneration(llm=ONLINE), ExecutionMode.TASK),
        (OwnProcess(llm=ONLINE), ExecutionMode.MAP_BATCHES),
        (OwnProcess(llm=OFFLINE), ExecutionMode.ALL_ROWS),
        (WithoutModel(), ExecutionMode.MAP_BATCHES),
        (AllAtOnce(llm=ONLINE), ExecutionMode.ALL_ROWS),
        (FnGlobal(), ExecutionMode.ALL_ROWS),
        (Fn(), ExecutionMode.MAP_BATCHES),
        (Panel(judge=ONLINE), ExecutionMode.MAP_BATCHES),
        (Panel(judge=OFFLINE), ExecutionMode.ALL_ROWS),
        (KeepColumns(columns=["n"]), ExecutionMode.MAP_ROWS),
        (GroupColumns(columns=["n"]), ExecutionMode.MAP_ROWS),
        (KeepColumns(columns=["n"], process_timeout=1), ExecutionMode.MAP_BATCHES),
        (OwnColumns(columns=["n"]), ExecutionMode.MAP_BATCHES),
    ],
    ids=lambda value: type(value).__name__ if not isinstance(value, ExecutionMode) else value.name,
)
def test_the_mode_follows_from_class_and_fields(step: Any, mode: ExecutionMode) -> None:
    assert execution_mode(step) is mode


def test_a_step_that_is_asked_online_in_a_pilot_keeps_its_batches() -> None:
    assert execution_mode(Panel(judge=OFFLINE), batch_jobs=False) is ExecutionMode.MAP_BATCHES

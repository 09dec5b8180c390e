"""Protects gathering questions for a model that answers a list at a time."""

from __future__ import annotations

import asyncio
import threading
from contextvars import ContextVar
from typing import Any

import pytest

from distilabel._core.user_faults import ProgramExit
from distilabel.errors import AnswerError
from distilabel.models import LLM
from distilabel.models.client.client import ModelClient
from distilabel.models.client.micro_batcher import MicroBatcher


class Listed(LLM):
    """Echoes, and remembers what each call brought."""

    calls: list[Any] = []
    error: Any = None
    hold: Any = None
    begun: Any = None

    @property
    def model_name(self) -> str:
        return "listed"

    def _identity(self) -> Any:
        return "listed"

    def generate(self, inputs: Any, num_generations: int = 1, loud: bool = False) -> Any:  # type: ignore[override]
        self.calls.append((list(inputs), num_generations, loud))
        self.begun.set()
        if self.hold is not None:
            self.hold.wait(10)
        if self.error is not None:
            raise self.error
        return [
            {"generations": [text.upper() if loud else text] * num_generations, "statistics": {}}
            for text in inputs
        ]


def made(**fields: Any) -> Listed:
    return Listed(calls=[], begun=threading.Event(), **fields)


async def test_questions_that_come_together_share_a_call_and_get_their_own_answers() -> None:
    llm = made()
    batcher = MicroBatcher(llm, 50)
    outputs = await asyncio.gather(*(batcher.ask(text, 1, {}) for text in ("a", "b", "c")))
    assert [output["generations"] for output in outputs] == [["a"], ["b"], ["c"]]
    assert llm.calls == [(["a", "b", "c"], 1, False)]


async def test_no_call_has_more_than_the_most() -> None:
    llm = made()
    batcher = MicroBatcher(llm, 2)
    await asyncio.gather(*(batcher.ask(text, 1, {}) for text in "abcde"))
    assert [inputs for inputs, _, _ in llm.calls] == [["a", "b"], ["c", "d"], ["e"]]


async def test_other_arguments_are_another_call() -> None:
    llm = made()
    batcher = MicroBatcher(llm, 50)
    outputs = await asyncio.gather(
        batcher.ask("a", 1, {}), batcher.ask("b", 2, {}), batcher.ask("c", 1, {"loud": True})
    )
    assert [output["generations"] for output in outputs] == [["a"], ["b", "b"], ["C"]]
    assert len(llm.calls) == 3


@pytest.mark.parametrize("error", [RuntimeError("broken"), StopIteration(), KeyboardInterrupt()])
async def test_an_error_reaches_everyone_in_the_call(error: BaseException) -> None:
    batcher = MicroBatcher(made(error=error), 50)
    tasks = [asyncio.create_task(_asked(batcher, text)) for text in "ab"]
    caught = await asyncio.gather(*tasks)
    # What would end the thread or steer the waiting coroutine is carried as another error.
    carried = {StopIteration: RuntimeError, KeyboardInterrupt: ProgramExit}
    expected = carried.get(type(error), type(error))
    assert [type(item) for item in caught] == [expected] * 2


async def _asked(batcher: MicroBatcher, text: Any) -> BaseException | None:
    try:
        await batcher.ask(text, 1, {})
    except BaseException as error:
        return error
    return None


async def test_another_number_of_answers_is_an_error() -> None:
    class Short(Listed):
        def generate(self, inputs: Any, num_generations: int = 1, loud: bool = False) -> Any:  # type: ignore[override]
            return []

    with pytest.raises(AnswerError, match=r"Short.generate returned 0 outputs for 1"):
        await MicroBatcher(Short(calls=[], begun=threading.Event()), 50).ask("a", 1, {})


async def test_a_cancelled_question_is_not_asked_and_disturbs_nobody() -> None:
    llm = made()
    batcher = MicroBatcher(llm, 50)
    first, second = (asyncio.create_task(batcher.ask(text, 1, {})) for text in "ab")
    await asyncio.sleep(0)
    first.cancel()
    assert (await second)["generations"] == ["b"]
    assert llm.calls == [(["b"], 1, False)]


async def test_a_question_cancelled_during_the_call_disturbs_nobody() -> None:
    hold = threading.Event()
    llm = made(hold=hold)
    batcher = MicroBatcher(llm, 50)
    first, second = (asyncio.create_task(batcher.ask(text, 1, {})) for text in "ab")
    await asyncio.to_thread(llm.begun.wait, 10)
    first.cancel()
    hold.set()
    assert (await second)["generations"] == ["b"]


async def test_the_door_gathers_the_questions_of_many_rows() -> None:
    llm = made()
    outputs = await ModelClient(llm, batch_size=4).ask_all(list("abcdef"))
    assert [output["generations"] for output in outputs] == [[text] for text in "abcdef"]
    assert [len(inputs) for inputs, _, _ in llm.calls] == [4, 2]


async def test_questions_that_come_later_are_another_call() -> None:
    llm = made()
    batcher = MicroBatcher(llm, 50)
    for text in "abc":
        output = await asyncio.wait_for(batcher.ask(text, 1, {}), 5)
        assert output["generations"] == [text]
    assert [inputs for inputs, _, _ in llm.calls] == [["a"], ["b"], ["c"]]


async def test_context_variables_of_the_caller_reach_the_model() -> None:
    variable: ContextVar[str] = ContextVar("variable", default="none")

    def generate(inputs: Any, num_generations: int = 1) -> Any:
        return [{"generations": [variable.get()], "statistics": {}} for _ in inputs]

    variable.set("of the caller")
    output = await MicroBatcher(made(), 1, generate).ask("a", 1, {})
    assert output["generations"] == ["of the caller"]

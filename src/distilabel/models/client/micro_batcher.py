"""Collects concurrent questions for a synchronous model, which answers a list at a time."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from contextvars import copy_context
from inspect import isawaitable
from typing import TYPE_CHECKING, Any, Final
from weakref import finalize

from distilabel._core.daemon_threads import DaemonThreads
from distilabel.errors import AnswerError

if TYPE_CHECKING:
    from distilabel.models.protocol import Model
    from distilabel.typing import FormattedInput, GenerateOutput

# Questions of rows that are ready together arrive within a few iterations of the event loop.
GATHER_SECONDS: Final = 0.005

_Waiting = tuple[Any, "asyncio.Future[GenerateOutput]"]


class MicroBatcher:
    """Passes the questions of many rows to one call of `LLM.generate`, in a thread.

    Args:
        llm: A synchronous model.
        most: Most questions in one call.
        generate: Replaces `llm.generate` if the model is loaded in another process.
        calls: Most calls at a time. A model in this process takes one.
    """

    def __init__(
        self,
        llm: Model,
        most: int,
        generate: Callable[..., Any] | None = None,
        calls: int = 1,
    ) -> None:
        self._llm = llm
        self._most = most
        self._function = generate or llm._batch_method
        self._thread = DaemonThreads(calls, "distilabel-model")
        finalize(self, self._thread.close)
        self._groups: dict[str, tuple[int, dict[str, Any], list[_Waiting]]] = {}
        self._timer: asyncio.TimerHandle | None = None
        self._calls: set[asyncio.Task[None]] = set()

    async def ask(
        self, input: FormattedInput, count: int, arguments: dict[str, Any]
    ) -> GenerateOutput:
        """Waits for the answer to one question.

        Args:
            input: The question.
            count: Number of generations.
            arguments: Generation arguments; only questions with the same arguments share a call.

        Raises:
            Exception: What `generate` raised, for every question of the call.
            AnswerError: `generate` returned a wrong number of outputs.
        """
        loop = asyncio.get_running_loop()
        answer: asyncio.Future[GenerateOutput] = loop.create_future()
        group = f"{count} {arguments!r}"
        waiting = self._groups.setdefault(group, (count, arguments, []))[2]
        waiting.append((input, answer))
        if len(waiting) >= self._most:
            self._call(group)
        elif self._timer is None:
            self._timer = loop.call_later(GATHER_SECONDS, self._call_all)
        return await answer

    def _call_all(self) -> None:
        self._timer = None
        for group in list(self._groups):
            self._call(group)

    def _call(self, group: str) -> None:
        count, arguments, waiting = self._groups.pop(group)
        task = asyncio.get_running_loop().create_task(self._generate(count, arguments, waiting))
        self._calls.add(task)
        task.add_done_callback(self._calls.discard)

    async def _generate(
        self, count: int, arguments: dict[str, Any], waiting: list[_Waiting]
    ) -> None:
        # Leaves out questions whose caller was cancelled while they waited.
        waiting = [(input, answer) for input, answer in waiting if not answer.done()]
        if not waiting:
            return
        inputs = [input for input, _ in waiting]
        context = copy_context()

        def generate() -> Any:
            return context.run(self._function, inputs=inputs, num_generations=count, **arguments)

        try:
            outputs = await self._thread.run(generate)
            if isawaitable(outputs):  # an `async def generate`
                outputs = await outputs
            if not isinstance(outputs, (list, tuple)) or len(outputs) != len(waiting):
                raise AnswerError(self._wrong_outputs(outputs, len(waiting)))
        except BaseException as error:  # noqa: BLE001 (raised in the callers of `ask`)
            for _, answer in waiting:
                if not answer.done():
                    answer.set_exception(error)
            return
        for (_, answer), output in zip(waiting, outputs, strict=True):
            if not answer.done():
                answer.set_result(output)

    def _wrong_outputs(self, outputs: Any, count: int) -> str:
        is_list = isinstance(outputs, (list, tuple))
        what = f"{len(outputs)} outputs" if is_list else f"a value of type {type(outputs).__name__}"
        questions = "1 question" if count == 1 else f"{count} questions"
        return (
            f"{type(self._llm).__name__}.generate returned {what} for {questions}. Return a list "
            "with one dict per question, with the key 'generations'."
        )

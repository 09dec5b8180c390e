"""The micro-batcher: gathers concurrent questions for a model that answers a list at a time."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from contextvars import copy_context
from typing import TYPE_CHECKING, Any, Final
from weakref import finalize

from distilabel._core.daemon_threads import DaemonThreads
from distilabel.errors import AnswerError

if TYPE_CHECKING:
    from distilabel.models.protocol import Model
    from distilabel.typing import FormattedInput, GenerateOutput

# Questions of rows that are ready together arrive within a few turns of the event loop.
GATHER_SECONDS: Final = 0.005

_Waiting = tuple[Any, "asyncio.Future[GenerateOutput]"]


class MicroBatcher:
    """Hands the questions of many rows to `LLM.generate`, in a thread of their own.

    Args:
        llm: a synchronous model.
        most: most questions in one call.
        generate: takes the place of its `generate`, where the model is elsewhere.
        calls: at a time. A model in this process is no server.
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
        self._answers = generate or llm.generate
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
            input: the question.
            count: generations.
            arguments: of `generate`; only questions with the same ones share a call.

        Raises:
            Exception: whatever `generate` raised, for every question of the call.
            AnswerError: the model answered another number of questions than it was asked.
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
        # A question that was given up while it waited is not asked.
        waiting = [(input, answer) for input, answer in waiting if not answer.done()]
        if not waiting:
            return
        inputs = [input for input, _ in waiting]
        context = copy_context()

        def generate() -> Any:
            return context.run(self._answers, inputs=inputs, num_generations=count, **arguments)

        try:
            outputs = await self._thread.run(generate)
            if len(outputs) != len(waiting):
                raise AnswerError(
                    f"{type(self._llm).__name__}.generate gave {len(outputs)} outputs for "
                    f"{len(waiting)} questions"
                )
        except BaseException as error:  # noqa: BLE001 (handed to those who wait)
            for _, answer in waiting:
                if not answer.done():
                    answer.set_exception(error)
            return
        for (_, answer), output in zip(waiting, outputs, strict=True):
            if not answer.done():
                answer.set_result(output)

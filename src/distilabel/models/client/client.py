"""Asks one model for one step, with stored answers where there are any."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any, List, TypeVar

from distilabel._core.events import Emit
from distilabel.errors import AnswerError
from distilabel.models.accounting.usage import UsageMeter
from distilabel.models.client.answer_log import note_answer
from distilabel.models.client.answer_warnings import AnswerWarnings
from distilabel.models.client.arguments import validated_arguments
from distilabel.models.client.cache_key import CacheKeys
from distilabel.models.client.generation_count import (
    first_generations,
    joined,
    rejects_several,
)
from distilabel.models.client.in_flight import InFlight
from distilabel.models.client.micro_batcher import MicroBatcher
from distilabel.models.client.missing_text import (
    answer_or_error,
    generations_with_none,
    outputs_with_none,
)
from distilabel.models.client.replay import NotStored, ReplayClient
from distilabel.models.client.request_group import run_together
from distilabel.models.client.request_sender import RequestSender
from distilabel.models.client.stored_answers import AnswerStore, StoredAnswers, accept_any
from distilabel.models.outputs import merge_responses
from distilabel.models.protocol import Model
from distilabel.models.rate_limit.registry import EndpointLimiters

if TYPE_CHECKING:
    from collections.abc import Callable, Coroutine, Sequence
    from contextlib import AbstractContextManager

    from distilabel.models.accounting.budget import Budget
    from distilabel.models.batch_jobs.job_builder import JobBuilder
    from distilabel.models.client.stored_answers import Accept
    from distilabel.typing import FormattedInput, GenerateOutput

_T = TypeVar("_T")


class ModelClient:
    """Asks one model for one step.

    Args:
        llm: The model, loaded.
        step: Name of the step, for events.
        answers: Where answers are stored; None stores none.
        reuse: Whether stored answers are used.
        limiters: Limiters of the run; None uses those of the running event loop.
        emit: Receives an event for every request and every answer.
        batch_size: Most questions in one call of a synchronous model.
        stopping: Called before every request; if it returns True, the request is not sent.
        budget: What the requests may cost; None for no limit.
        batcher: Collects questions for a synchronous model in another process.
        job_builder: Collects requests for batch jobs; None sends each request by itself.

    Attributes:
        llm: The model.
        stands_for: The model in the field of the step, which `llm` may be a copy of.
        step: Name of the step.
        job_builder: Collects requests for batch jobs, if they go in batch jobs.
    """

    def __init__(
        self,
        llm: Model,
        *,
        step: str = "",
        answers: AnswerStore | None = None,
        reuse: bool = True,
        limiters: EndpointLimiters | None = None,
        emit: Emit | None = None,
        batch_size: int = 50,
        stopping: Callable[[], bool] | None = None,
        budget: Budget | None = None,
        batcher: MicroBatcher | None = None,
        job_builder: JobBuilder | None = None,
    ) -> None:
        self.llm = llm
        self.stands_for = llm
        self.step = step
        self.job_builder = job_builder
        self._arguments = validated_arguments(llm, llm.get_generation_kwargs())
        self._keys = CacheKeys(llm, self._arguments)
        self._splits = not llm._num_generations_param_supported
        self._rejects_several = False
        self._seeded = getattr(llm, "_takes_seed", False) and "seed" not in self._arguments
        self._warnings = warnings = AnswerWarnings(step, llm.model_name)
        if answers is not None and self._keys.unstorable:
            warnings.not_stored(self._keys.unstorable)
            answers = None
        self._stored = StoredAnswers(answers, warnings) if answers is not None else None
        self._reused = self._stored if reuse else None
        emit = emit or (lambda event: None)
        job_share = job_builder.api.price_share if job_builder is not None else None
        self._usage = UsageMeter(llm, step, emit, budget, job_share)
        if batcher is None and llm._async_method is None:
            batcher = MicroBatcher(llm, batch_size)
        self._sender = RequestSender(
            llm,
            step,
            usage=self._usage,
            warnings=warnings,
            stored=self._stored,
            in_flight=InFlight(answers, self._reused.lookup, step)
            if answers is not None and self._reused is not None
            else None,
            limiters=limiters,
            emit=emit,
            stopping=stopping or (lambda: False),
            batcher=batcher,
            job_builder=job_builder,
        )

    @property
    def loop(self) -> asyncio.AbstractEventLoop | None:
        """Event loop that it runs on; None before the first request, if it is not set."""
        return self._sender.loop

    @loop.setter
    def loop(self, loop: asyncio.AbstractEventLoop) -> None:
        self._sender.loop = loop

    def ask_within(self, context: Callable[[], AbstractContextManager[None]]) -> None:
        """Sets what makes the context that the model is called in."""
        self._sender.ask_within(context)

    async def __call__(
        self, input: FormattedInput, num_generations: int = 1, **kwargs: Any
    ) -> GenerateOutput:
        """Asks one question.

        Args:
            input: A conversation, a pair of a conversation and a structure, or a text to complete.
            num_generations: Number of answers.
            kwargs: Generation arguments that replace those of `generation_kwargs`.

        Returns:
            The output, with `num_generations` generations.

        Raises:
            AnswerError: There is no answer, and retries do not help.
            EndpointError: The endpoint cannot be used.
            RunStopped: The run is being stopped.
        """
        return await self._ask(input, num_generations, *self._resolve(kwargs))

    async def again(
        self,
        input: FormattedInput,
        attempt: int,
        which: int,
        is_readable: Accept,
        **kwargs: Any,
    ) -> GenerateOutput:
        """Asks a question once more, because its answer could not be parsed.

        The new answer is stored only if it can be parsed: an unreadable one must not be reused.

        Args:
            input: The question, as before.
            attempt: How often it was asked before.
            which: Index of the generation that is asked for again.
            is_readable: Whether an output can be parsed.
            kwargs: Generation arguments, as the first time.

        Returns:
            An output with one generation.

        Raises:
            AnswerError: There is no answer, and retries do not help.
            EndpointError: The endpoint cannot be used.
            RunStopped: The run is being stopped.
        """
        arguments, base = self._resolve(kwargs)
        return await self._answer(input, 1, arguments, base, (attempt, which), is_readable)

    async def ask_all(
        self, inputs: List[FormattedInput], num_generations: int = 1, **kwargs: Any
    ) -> List[GenerateOutput]:
        """Asks several questions concurrently; the arguments are those of `__call__`.

        Returns:
            One output per question, in the same order; an answer without a text is None.
        """
        arguments, base = self._resolve(kwargs)
        answers = await self.together(
            [answer_or_error(self._ask(each, num_generations, arguments, base)) for each in inputs]
        )
        return outputs_with_none(answers, num_generations, self.step)

    async def together(self, work: Sequence[Coroutine[Any, Any, _T]]) -> list[_T]:
        """Runs coroutines that ask this client, until all are done or one fails.

        Where answers are stored, requests in flight are not cancelled by the failure of another
        one, nor by a stop of the run: their answers are paid for, and the next run finds them. No
        coroutine is left running.

        Args:
            work: The coroutines.

        Returns:
            Their results, in the same order.
        """
        return await run_together(work, keeps=self._stored is not None)

    # -- stored answers ---------------------------------------------------------------------

    @property
    def can_replay(self) -> bool:
        """Whether there may be stored answers of an earlier run."""
        return self._reused is not None and self._reused.store.held_before

    def replay(self, work: Callable[[Any], Coroutine[Any, Any, _T]]) -> _T | None:
        """Does work whose answers are all stored, at once and without a task.

        Args:
            work: Function that takes the client to ask and returns a coroutine.

        Returns:
            Its result; None if a question has to be sent, or if the work waits for something else.
            Nothing has happened then, and the work has to be done with this client instead.
        """
        if not self.can_replay:
            return None
        replay = ReplayClient(self._replay_answer)
        coroutine = work(replay)
        is_done = False
        try:
            awaited: Any = coroutine.send(None)
        except StopIteration as end:
            is_done = True
            for output in replay.outputs:
                self._usage.reused(output)
            result: _T = end.value
            return result
        except NotStored:
            return None
        finally:
            replay.is_over = True
            coroutine.close()
            if not is_done:
                for question in replay.questions:
                    self._keys.occurrences.forget(question)
        if isinstance(awaited, asyncio.Future):
            awaited.cancel()
        return None

    def _replay_answer(
        self,
        replay: ReplayClient,
        input: FormattedInput,
        num_generations: int,
        kwargs: dict[str, Any],
        retry: tuple[int, int] | None,
        accept: Accept,
    ) -> GenerateOutput:
        _, base = self._resolve(kwargs)
        if not (self._splits and num_generations > 1):
            return self._replay_one(replay, input, num_generations, base, retry, accept)
        outputs = [
            self._replay_one(replay, input, 1, base, retry, accept) for _ in range(num_generations)
        ]
        return merge_responses(outputs, num_generations)[0]

    def _replay_one(
        self,
        replay: ReplayClient,
        input: FormattedInput,
        count: int,
        base: Any,
        retry: tuple[int, int] | None,
        accept: Accept,
    ) -> GenerateOutput:
        assert self._reused is not None
        question, key, clean = self._keys.of(input, count, base, retry)
        note_answer(self.llm, clean, key)
        replay.questions.append(question)
        output = self._reused.lookup(key, accept)
        if output is not None and len(output["generations"]) == count:
            replay.outputs.append(output)
            return output
        parts = [output] if output is not None else []
        found = len(output["generations"]) if output is not None else 0
        for which in range(found, count if count > 1 else 0):
            # Missing generations were asked for one by one.
            part = self._reused.lookup(self._keys.of_generation(key, which), accept_any)
            if part is None:
                raise NotStored
            parts.append(part)
        if not parts:
            raise NotStored
        replay.outputs += parts
        return first_generations(joined(parts), count)

    # -- one question -----------------------------------------------------------------------

    def _resolve(self, kwargs: dict[str, Any]) -> tuple[dict[str, Any], Any]:
        """Returns all generation arguments of a question, and the base of its key."""
        if not kwargs:
            return self._arguments, self._keys.base
        arguments = validated_arguments(self.llm, {**self._arguments, **kwargs})
        return arguments, self._keys.base_of(arguments)

    async def _ask(
        self, input: FormattedInput, count: int, arguments: dict[str, Any], base: Any
    ) -> GenerateOutput:
        if not self._splits or count == 1:
            return await self._answer(input, count, arguments, base)
        work = [answer_or_error(self._answer(input, 1, arguments, base)) for _ in range(count)]
        answers = await self.together(work)
        return merge_responses(generations_with_none(answers), count)[0]

    async def _answer(
        self,
        input: FormattedInput,
        count: int,
        arguments: dict[str, Any],
        base: Any,
        retry: tuple[int, int] | None = None,
        accept: Accept = accept_any,
    ) -> GenerateOutput:
        """Returns an answer with as many generations as were asked for, no more and no fewer."""
        _, key, clean = self._keys.of(input, count, base, retry)
        note_answer(self.llm, clean, key)
        if clean is not input:
            self._warnings.replaced_surrogates()
        output = self._reuse(key, accept)
        if output is None and not (count > 1 and self._is_split(key)):
            try:
                output = await self._send(
                    key, clean, count, arguments, accept, again=retry is not None
                )
            except AnswerError as error:
                if count == 1 or not rejects_several(error):
                    raise
                self._rejects_several = True
        found = len(output["generations"]) if output is not None else 0
        if found == count and output is not None:
            return output
        parts = [output] if output is not None else []
        if found < count:
            # Some servers return one generation whatever they are asked for, or reject a request
            # for several. The missing ones are asked for one by one, under keys of their own, so
            # that the next run finds each of them.
            self._warnings.fewer_generations(found, count)
            parts += await self.together(
                [
                    self._generation(self._keys.of_generation(key, which), clean, arguments)
                    for which in range(found, count)
                ]
            )
        return first_generations(joined(parts), count)

    def _is_split(self, key: bytes) -> bool:
        """Whether the generations of an answer are asked for one by one from the first one on."""
        first = self._keys.of_generation(key, 0)
        return self._rejects_several or (
            self._reused is not None and self._reused.lookup(first, accept_any) is not None
        )

    async def _generation(
        self, key: bytes, input: FormattedInput, arguments: dict[str, Any]
    ) -> GenerateOutput:
        """Returns the stored generation with this key, or asks the model for one."""
        return self._reuse(key, accept_any) or await self._send(
            key, input, 1, arguments, accept_any, again=True
        )

    def _reuse(self, key: bytes, accept: Accept) -> GenerateOutput | None:
        output = self._reused.lookup(key, accept) if self._reused is not None else None
        if output is not None:
            self._usage.reused(output)
        return output

    async def _send(
        self,
        key: bytes,
        input: FormattedInput,
        count: int,
        arguments: dict[str, Any],
        accept: Accept,
        *,
        again: bool,
    ) -> GenerateOutput:
        # Asked again with the seed of the first time, a model would give the same answer.
        if self._seeded or (again and arguments.get("seed") is not None):
            arguments = _with_seed(arguments, key)
        return await self._sender.send(key, input, count, arguments, accept)


def _with_seed(arguments: dict[str, Any], key: bytes) -> dict[str, Any]:
    """Sets a seed drawn from the key: the same on every run, another for an equal question."""
    return {**arguments, "seed": int.from_bytes(key[:4], "big") & 0x7FFFFFFF}

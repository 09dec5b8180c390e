"""The door: the one way in which a model is asked.

Look the answer up, wait at the gate, ask, ask again where that may help, keep the answer. A door
belongs to one step (or to nobody, standalone) and one model. It knows nothing of rows.
"""

from __future__ import annotations

import asyncio
import itertools
import logging
import random
from contextvars import ContextVar
from functools import partial
from typing import TYPE_CHECKING, Any, Final, List, TypeVar
from weakref import WeakKeyDictionary

from distilabel._core.events import Emit, RequestFailed, RequestRetried, RequestSent
from distilabel.errors import AnswerError, EndpointError
from distilabel.models.accounting.usage import UsageMeter
from distilabel.models.batch_jobs.ask import ask_in_job
from distilabel.models.batch_jobs.pending import Request
from distilabel.models.client.answer_warnings import AnswerWarnings
from distilabel.models.client.arguments import validated_arguments
from distilabel.models.client.cache_key import CacheKeys
from distilabel.models.client.in_flight import InFlight
from distilabel.models.client.micro_batcher import MicroBatcher
from distilabel.models.client.replay import (
    AnswerStore,
    NotStored,
    ReplayClient,
    replayed,
    stored_output,
)
from distilabel.models.client.whole_texts import CleanTexts
from distilabel.models.http.error_mapping import as_model_error, error_kind
from distilabel.models.llms.base import LLM, AsyncLLM, merge_responses
from distilabel.models.protocol import RunStopped
from distilabel.models.rate_limit.limiter import EndpointLimiter, Outcome
from distilabel.models.rate_limit.limiters import EndpointLimiters

if TYPE_CHECKING:
    from collections.abc import Callable, Coroutine, Sequence

    from distilabel.models.accounting.budget import Budget
    from distilabel.models.batch_jobs.job_builder import JobBuilder
    from distilabel.typing import FormattedInput, GenerateOutput

    _IsReadable = Callable[[GenerateOutput], bool]

# A refusal for load says nothing against the question: it is asked again for this many seconds.
PATIENCE: Final = 900.0
RETRIES: Final = 6
FIRST_WAIT: Final = 0.2
# There is nothing to wait for here: it is the gate that keeps the pace, and that waits when nobody
# is answered.
LONGEST_WAIT: Final = 1.0

_log = logging.getLogger("distilabel.llm")
_numbers = itertools.count(1)
_T = TypeVar("_T")


_standalone: WeakKeyDictionary[asyncio.AbstractEventLoop, EndpointLimiters] = WeakKeyDictionary()
_clients: ContextVar[dict[int, ModelClient] | None] = ContextVar("distilabel_doors", default=None)


def current_client(llm: LLM) -> ModelClient | None:
    """The door that the engine has put up for a model, where synchronous code of a step runs."""
    return (_clients.get() or {}).get(id(llm))


def use_clients(clients: dict[int, ModelClient]) -> None:
    """Puts up doors, by `id` of their models, for synchronous code of the running context."""
    _clients.set(clients)


class ModelClient:
    """Asks one model for one step.

    Args:
        llm: the model, loaded.
        step: name of the step, for events.
        answers: where answers are kept; None keeps none.
        reuse: whether kept answers are used.
        gates: the gates of the run; those of the running loop if None.
        emit: told of every question and answer.
        batch_size: most questions that a synchronous model gets at a time.
        stopping: asked before every question; True leaves it unasked.
        budget: what the questions may cost; None is no limit.
        batcher: gathers questions for a synchronous model that is elsewhere.
        gathering: where questions wait for a batch job; None asks each by itself.
    """

    def __init__(
        self,
        llm: LLM,
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
        gathering: JobBuilder | None = None,
    ) -> None:
        self.llm = llm
        self.step = step
        self.loop: asyncio.AbstractEventLoop | None = None
        self._answers = answers
        self._reuse = reuse
        self._limiters = limiters
        self._limiter: EndpointLimiter | None = None
        self._emit = emit or (lambda event: None)
        self.gathering = gathering
        share = gathering.api.price_share if gathering is not None else None
        self._bill = UsageMeter(llm, step, self._emit, budget, share)
        self._stopping = stopping or (lambda: False)
        self._arguments = validated_arguments(llm, llm.get_generation_kwargs())
        self._name = llm.model_name
        self._remarks = AnswerWarnings(step, self._name)
        self._told = False
        self._keys = CacheKeys(llm, self._arguments)
        if self._keys.wrong and answers is not None:
            self._tell_not_kept(self._keys.wrong)
            self._answers = None
        self._sharing: InFlight | None = None
        if self._answers is not None and reuse:
            self._sharing = InFlight(self._answers, step)
        self._whole_texts = CleanTexts(step)
        self._peeked: list[tuple[bytes, GenerateOutput]] = []
        self._splits = not type(llm)._num_generations_param_supported
        self._seeded = getattr(llm, "_takes_seed", False) and "seed" not in self._arguments
        if isinstance(llm, AsyncLLM):
            method: Any = type(llm).agenerate
            # The arguments are checked once, above; not again for every question.
            self._agenerate: Any = getattr(method, "raw_function", method)
            self._batcher = None
        else:
            self._batcher = batcher or MicroBatcher(llm, batch_size)

    async def __call__(
        self, input: FormattedInput, num_generations: int = 1, **kwargs: Any
    ) -> GenerateOutput:
        """Asks one question.

        Args:
            input: a conversation, a pair of a conversation and a structure, or text.
            num_generations: answers to it.
            kwargs: replace arguments of `generation_kwargs`.

        Returns:
            The output, with `num_generations` generations.

        Raises:
            AnswerError: there is no answer, and asking again does not help.
            EndpointError: nothing can be asked there.
            RunStopped: the run is being stopped.
        """
        arguments, base = self._arguments, self._keys.base
        if kwargs:
            arguments = validated_arguments(self.llm, {**arguments, **kwargs})
            base = self._keys.base_of(arguments)
        if self._splits and num_generations > 1:
            outputs = await self.together(
                [self._answer(input, 1, arguments, base) for _ in range(num_generations)]
            )
            return merge_responses(outputs, num_generations)[0]
        return await self._answer(input, num_generations, arguments, base)

    async def ask_all(
        self, inputs: List[FormattedInput], num_generations: int = 1, **kwargs: Any
    ) -> List[GenerateOutput]:
        """Asks several questions at once; the outputs come in the order of `inputs`."""
        return await self.together([self(input, num_generations, **kwargs) for input in inputs])

    async def together(self, work: Sequence[Coroutine[Any, Any, _T]]) -> list[_T]:
        """Waits for all that asks here, or for the first error that makes waiting pointless.

        Where answers are kept, those that are on their way when one fails, or when the run is
        stopped, are worth having: the next run finds them. Nothing is left running either way.

        Args:
            work: coroutines that ask.

        Returns:
            Their results, in the same order.
        """
        tasks = [asyncio.ensure_future(each) for each in work]
        stopped: RunStopped | None = None
        try:
            for task in asyncio.as_completed(tasks):
                try:
                    await task
                except (Exception, RunStopped) as error:
                    if self._answers is None or isinstance(error, EndpointError):
                        raise
                    stopped = error if isinstance(error, RunStopped) else stopped
            if stopped is not None:
                raise stopped
            return [task.result() for task in tasks]
        finally:
            for left in tasks:
                left.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)

    @property
    def may_have_kept(self) -> bool:
        """Whether answers of an earlier run may be there."""
        return self._reuse and self._answers is not None and self._answers.held_before

    def kept(self, work: Callable[[Any], Coroutine[Any, Any, _T]]) -> _T | None:
        """Does work whose answers are all kept, at once and without a task of its own.

        Args:
            work: takes what it is to ask with and gives a coroutine.

        Returns:
            Its result; None if a question has to be asked, or if it waits for something else.
            Then it leaves no trace, and is to be begun again in the usual way.
        """
        if not self.may_have_kept:
            return None
        self._peeked.clear()
        replaying = ReplayClient(self._from_kept, self._again_from_kept)
        coroutine = work(replaying)
        try:
            waited_for: Any = coroutine.send(None)
        except StopIteration as end:
            for _, output in self._peeked:
                self._bill.reused(output)
            self._peeked.clear()
            result: _T = end.value
            return result
        except NotStored:
            return None
        finally:
            replaying.is_over = True
            coroutine.close()
            for question, _ in self._peeked:
                self._keys.times.forget(question)
        if isinstance(waited_for, asyncio.Future):
            waited_for.cancel()
        return None

    def _from_kept(
        self, input: FormattedInput, num_generations: int, kwargs: dict[str, Any]
    ) -> GenerateOutput:
        arguments, base = self._arguments, self._keys.base
        if kwargs:
            arguments = validated_arguments(self.llm, {**arguments, **kwargs})
            base = self._keys.base_of(arguments)
        splits = self._splits and num_generations > 1
        outputs = []
        for _ in range(num_generations if splits else 1):
            question, key = self._keys.of(input, 1 if splits else num_generations, base)
            output = replayed(
                partial(stored_output, self._answers, key), self._keys.times, question
            )
            outputs.append(output)
            self._peeked.append((question, output))
        return merge_responses(outputs, num_generations)[0] if splits else outputs[0]

    def _again_from_kept(
        self, input: FormattedInput, again: tuple[int, int], is_readable: _IsReadable
    ) -> GenerateOutput:
        question, key = self._keys.of(input, 1, self._keys.base, again)
        output = replayed(partial(self._readable, key, is_readable), self._keys.times, question)
        self._peeked.append((question, output))
        return output

    def _readable(self, key: bytes, is_readable: _IsReadable) -> GenerateOutput | None:
        output = stored_output(self._answers, key)
        return output if output is not None and is_readable(output) else None

    # -- one question -----------------------------------------------------------------------

    async def _answer(
        self, input: FormattedInput, count: int, arguments: dict[str, Any], base: Any
    ) -> GenerateOutput:
        _, key = self._keys.of(input, count, base)
        if self._answers is not None and self._reuse:
            output = stored_output(self._answers, key)
            if output is not None:
                self._bill.reused(output)
                return output
        if self._seeded:
            arguments = _with_seed(arguments, key)
        return await self._ask(key, input, count, arguments)

    async def again(
        self, input: FormattedInput, attempt: int, which: int, is_readable: _IsReadable
    ) -> GenerateOutput:
        """Asks a question once more, the answer to which could not be read.

        The new answer is kept only if it can be read: one that cannot is not to be had again.

        Args:
            input: as it was asked before.
            attempt: how often it was asked before.
            which: of the generations it is asked again for.
            is_readable: whether an output can be read.

        Returns:
            An output with one generation.

        Raises:
            AnswerError, EndpointError, RunStopped: as for the first time.
        """
        _, key = self._keys.of(input, 1, self._keys.base, (attempt, which))
        if self._answers is not None and self._reuse:
            output = self._readable(key, is_readable)
            if output is not None:
                self._bill.reused(output)
                return output
        arguments = self._arguments
        if self._seeded or arguments.get("seed") is not None:
            # With the seed it had, it would get the answer it had.
            arguments = _with_seed(arguments, key)
        return await self._ask(key, input, 1, arguments, is_readable)

    async def _ask(
        self,
        key: bytes,
        input: FormattedInput,
        count: int,
        arguments: dict[str, Any],
        is_wanted: _IsReadable = lambda output: True,
    ) -> GenerateOutput:
        input = self._whole_texts.of(input)
        limiter = self._limiter or await self._opened()
        if self.gathering is not None:
            posed = Request(self.llm, input, count, arguments)
            return await ask_in_job(
                self.gathering, key, posed, self._bill, next(_numbers), self._stopping, is_wanted
            )
        loop = asyncio.get_running_loop()
        retries = getattr(self.llm, "max_retries", None)
        retries = RETRIES if retries is None else retries
        attempts = tries = 0
        number = next(_numbers)
        first_failure = 0.0
        sharing = self._sharing
        found = partial(self._readable, key, is_wanted)
        while True:
            ticket = await limiter.enter(key, again=attempts > 0)
            if sharing is not None and not sharing.begins(key, found):
                limiter.leave(ticket, Outcome.OTHER)
                output = await sharing.answer(key, found, self._stopping)
                if output is not None:
                    self._bill.reused(output)
                    return output
                continue
            how, wait, tokens, why = Outcome.OTHER, None, 0, ""
            item = None
            headers = None
            try:
                item = await self._bill.item(input, count, arguments, number)
                if item is None or self._stopping():
                    raise RunStopped
                self._emit(RequestSent(self.step, self._name, number))
                asked = loop.time()
                outcome = await self._tried(input, count, arguments, number)
                headers = getattr(outcome, "headers", None)
                if not isinstance(outcome, AnswerError):
                    output, how = outcome, Outcome.ANSWERED
                    self._remarks.look(output)
                    tokens = await self._bill.answered(item, output, loop.time() - asked)
                    if self._answers is not None and is_wanted(output):
                        # Leave is kept until the answer is safe: what is in flight can be lost.
                        await self._keep(key, output)
                    return output
                error = outcome
                await self._bill.failed(item, error)
                wait, why = error.retry_after, str(error)
                if error.overloaded:
                    how = Outcome.REFUSED
                elif error.retryable:
                    how = Outcome.BROKEN
            finally:
                limiter.heard(ticket, headers)
                if sharing is not None:
                    sharing.ends(key)
                if item is not None:
                    self._bill.close(item)
                limiter.leave(ticket, how, wait=wait, tokens=tokens, why=why)
            attempts += 1
            # While nobody is answered it is no fault of the question that tries how it stands.
            tries += not error.overloaded and limiter.is_well
            now = loop.time()
            # Not since it was first asked: it may have stood at the gate for hours.
            first_failure = first_failure or now
            if wait and wait > PATIENCE:
                self._emit(RequestFailed(self.step, self._name, why, number, error_kind(error)))
                raise EndpointError(f"{why}. It asks to be left alone for {wait:.0f} s.")
            late = now - first_failure > PATIENCE
            if not error.retryable or tries > retries or late:
                self._emit(RequestFailed(self.step, self._name, why, number, error_kind(error)))
                error.attempts = attempts
                raise error
            pause = FIRST_WAIT * 2 ** min(attempts - 1, 10)
            pause = random.uniform(0.5, 1.0) * min(LONGEST_WAIT, pause)
            pause = max(pause, wait * random.uniform(1.0, 1.1) if wait else 0.0)
            self._emit(RequestRetried(self.step, self._name, why, pause, number, error_kind(error)))
            await asyncio.sleep(pause)

    async def _keep(self, key: bytes, output: GenerateOutput) -> None:
        assert self._answers is not None
        try:
            text = self._whole_texts.as_json(output)
        except TypeError as error:
            # It was paid for: the row is to have it, even if the next run asks again.
            self._tell_not_kept(f"{error}, in what it answers")
            return
        await self._answers.put(key, text)

    def _tell_not_kept(self, why: str) -> None:
        if not self._told:
            self._told = True
            _log.warning(
                "%s: answers of %s cannot be kept and are asked for again on every run: %s",
                self.step,
                self._name,
                why,
            )

    async def _tried(
        self, input: FormattedInput, count: int, arguments: dict[str, Any], number: int
    ) -> GenerateOutput | AnswerError:
        """The answer, or why there is none."""
        try:
            return await self._generate(input, count, arguments)
        except Exception as caught:
            error = as_model_error(caught)
            if isinstance(error, AnswerError):
                if error is not caught:
                    error.__cause__ = caught
                return error
            words = str(error)
            self._emit(RequestFailed(self.step, self._name, words, number, error_kind(error)))
            if error is caught:
                raise
            raise error from caught
        except BaseException as caught:
            # Given up by whoever waited: it is with the model no longer.
            name = type(caught).__name__
            self._emit(RequestFailed(self.step, self._name, name, number, name))
            raise

    async def _generate(
        self, input: FormattedInput, count: int, arguments: dict[str, Any]
    ) -> GenerateOutput:
        if self._batcher is not None:
            output = await self._batcher.ask(input, count, arguments)
        elif self._splits:
            output = await self._agenerate(self.llm, input, **arguments)
        else:
            output = await self._agenerate(self.llm, input, num_generations=count, **arguments)
        generations = output["generations"]
        if not generations or all(text is None for text in generations):
            statistics: Any = output.get("statistics")
            raise AnswerError("the model gave no text", statistics=statistics)
        return output

    async def _opened(self) -> EndpointLimiter:
        self.loop = asyncio.get_running_loop()
        if self._limiters is None:
            self._limiters = _standalone.setdefault(self.loop, EndpointLimiters())
        limiter = self._limiters.of(self.llm)
        async with limiter.preflight:
            if not limiter.open:
                if self._answers is not None:
                    await self.llm._preflight()
                limiter.open = True
        self._bill.open()
        self._limiter = limiter
        return limiter


def _with_seed(arguments: dict[str, Any], key: bytes) -> dict[str, Any]:
    """Drawn from the question, so that a rerun sends the same and an equal one another."""
    return {**arguments, "seed": int.from_bytes(key[:4], "big") & 0x7FFFFFFF}

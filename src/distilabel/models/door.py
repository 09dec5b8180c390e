"""The door: the one way in which a model is asked.

Look the answer up, wait at the gate, ask, ask again where that may help, keep the answer. A door
belongs to one step (or to nobody, standalone) and one model. It knows nothing of rows.
"""

from __future__ import annotations

import asyncio
import hashlib
import logging
import random
from contextvars import ContextVar
from typing import TYPE_CHECKING, Any, Final, List, Protocol, TypeVar, cast
from weakref import WeakKeyDictionary

import orjson

from distilabel._core.digest import canonical
from distilabel._core.events import Answered, Asked, Emit, Retried, Unanswered
from distilabel._core.spec import module_of
from distilabel.errors import AnswerError, EndpointError
from distilabel.models.arguments import checked_arguments
from distilabel.models.batcher import Batcher
from distilabel.models.gate import Gate, How
from distilabel.models.gates import Gates
from distilabel.models.llms.base import LLM, AsyncLLM, merge_responses
from distilabel.models.offline.questions import Posed
from distilabel.models.prices import Price, price_for
from distilabel.models.stopping import StopAsking as StopAsking
from distilabel.models.times import Times
from distilabel.models.troubles import as_model_error

if TYPE_CHECKING:
    from collections.abc import Callable, Coroutine, Sequence

    from distilabel.models.offline.gathering import Gathering
    from distilabel.typing import FormattedInput, GenerateOutput

# A refusal for load says nothing against the question: it is asked again for this many seconds.
PATIENCE: Final = 900.0
RETRIES: Final = 6
FIRST_WAIT: Final = 0.2
# While the endpoint answers others there is nothing to wait for, and the gate keeps the pace.
LONGEST_WAIT: Final = 1.0
LONGEST_WAIT_IN_AN_OUTAGE: Final = 30.0

_log = logging.getLogger("distilabel.llm")
_T = TypeVar("_T")


class Answers(Protocol):
    """Where answers are kept."""

    @property
    def held_before(self) -> bool:
        """Whether anything was kept before this run."""
        ...

    def get(self, key: bytes) -> bytes | None:
        """The answer kept under `key`, if any."""
        ...

    async def put(self, key: bytes, value: bytes) -> None:
        """Keeps an answer; returns when it is safe."""
        ...


class NotKept(BaseException):
    """A question has no kept answer: it has to be asked."""


_standalone: WeakKeyDictionary[asyncio.AbstractEventLoop, Gates] = WeakKeyDictionary()
_doors: ContextVar[dict[int, Door] | None] = ContextVar("distilabel_doors", default=None)


def door_of_this_thread(llm: LLM) -> Door | None:
    """The door that the engine has put up for a model, where synchronous code of a step runs."""
    return (_doors.get() or {}).get(id(llm))


def use_doors(doors: dict[int, Door]) -> None:
    """Puts up doors, by `id` of their models, for synchronous code of the running context."""
    _doors.set(doors)


class Door:
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
        gathering: where questions wait for a batch job; None asks each by itself.
    """

    def __init__(
        self,
        llm: LLM,
        *,
        step: str = "",
        answers: Answers | None = None,
        reuse: bool = True,
        gates: Gates | None = None,
        emit: Emit | None = None,
        batch_size: int = 50,
        stopping: Callable[[], bool] | None = None,
        gathering: Gathering | None = None,
    ) -> None:
        self.llm = llm
        self.step = step
        self.loop: asyncio.AbstractEventLoop | None = None
        self._answers = answers
        self._reuse = reuse
        self._gates = gates
        self._gate: Gate | None = None
        self._price: asyncio.Task[Price] | None = None
        self._emit = emit or (lambda event: None)
        self._stopping = stopping or (lambda: False)
        self.gathering = gathering
        self._arguments = checked_arguments(llm, llm.get_generation_kwargs())
        self._name = llm.model_name
        self._told = False
        try:
            self._base = self._digest_of(self._arguments)
        except TypeError as error:
            self._base = hashlib.blake2b(digest_size=16)
            if answers is not None:
                self._tell_not_kept(f"{error}, in its arguments")
                self._answers = None
        # How often each question was asked here: equal questions get answers of their own.
        self._times = Times()
        self._peeked: list[tuple[bytes, GenerateOutput]] = []
        self._splits = not type(llm)._num_generations_param_supported
        self._seeded = getattr(type(llm), "_takes_seed", False) and "seed" not in self._arguments
        if isinstance(llm, AsyncLLM):
            method: Any = type(llm).agenerate
            # The arguments are checked once, above; not again for every question.
            self._agenerate: Any = getattr(method, "raw_function", method)
            self._batcher = None
        else:
            self._batcher = Batcher(llm, batch_size)

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
            StopAsking: the run is being stopped.
        """
        arguments, base = self._arguments, self._base
        if kwargs:
            arguments = checked_arguments(self.llm, {**arguments, **kwargs})
            base = self._digest_of(arguments)
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
        stopped: StopAsking | None = None
        try:
            for task in asyncio.as_completed(tasks):
                try:
                    await task
                except (Exception, StopAsking) as error:
                    if self._answers is None or isinstance(error, EndpointError):
                        raise
                    stopped = error if isinstance(error, StopAsking) else stopped
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
        at_once = True

        async def ask(
            input: FormattedInput, num_generations: int = 1, **kwargs: Any
        ) -> GenerateOutput:
            if not at_once:
                # In a task that the work has started for it, and nobody waits for that any more.
                raise asyncio.CancelledError
            return self._from_kept(input, num_generations, kwargs)

        coroutine = work(ask)
        try:
            waited_for: Any = coroutine.send(None)
        except StopIteration as end:
            for _, output in self._peeked:
                self._tell_answered(output, 0.0, reused=True)
            self._peeked.clear()
            result: _T = end.value
            return result
        except NotKept:
            return None
        finally:
            at_once = False
            coroutine.close()
            for question, _ in self._peeked:
                self._times.forget(question)
        if isinstance(waited_for, asyncio.Future):
            waited_for.cancel()
        return None

    def _from_kept(
        self, input: FormattedInput, num_generations: int, kwargs: dict[str, Any]
    ) -> GenerateOutput:
        arguments, base = self._arguments, self._base
        if kwargs:
            arguments = checked_arguments(self.llm, {**arguments, **kwargs})
            base = self._digest_of(arguments)
        splits = self._splits and num_generations > 1
        outputs = []
        for _ in range(num_generations if splits else 1):
            question, key = self._key(input, 1 if splits else num_generations, base)
            assert self._answers is not None
            value = self._answers.get(key)
            if value is None:
                self._times.forget(question)
                raise NotKept
            outputs.append(orjson.loads(value))
            self._peeked.append((question, outputs[-1]))
        return merge_responses(outputs, num_generations)[0] if splits else outputs[0]

    # -- one question -----------------------------------------------------------------------

    def _digest_of(self, arguments: dict[str, Any]) -> Any:
        cls = type(self.llm)
        structure = getattr(self.llm, "structured_output", None)
        name = f"{module_of(cls)}.{cls.__qualname__}"
        what = [name, self.llm._identity(), arguments, structure]
        return hashlib.blake2b(canonical(what), digest_size=16)

    def _key(self, input: FormattedInput, count: int, base: Any) -> tuple[bytes, bytes]:
        """What is asked, and what its answer is kept under: each time it is asked, another key."""
        hasher = base.copy()
        hasher.update(canonical([count, input]))
        question: bytes = hasher.digest()
        times = self._times.before(question)
        if times == 0:
            return question, question
        hasher.update(times.to_bytes(8, "big"))
        return question, cast(bytes, hasher.digest())

    async def _answer(
        self, input: FormattedInput, count: int, arguments: dict[str, Any], base: Any
    ) -> GenerateOutput:
        _, key = self._key(input, count, base)
        if self._answers is not None and self._reuse:
            kept = self._answers.get(key)
            if kept is not None:
                output: GenerateOutput = orjson.loads(kept)
                self._tell_answered(output, 0.0, reused=True)
                return output
        if self._seeded:
            # Drawn from the question, so that a rerun sends the same and an equal one another.
            arguments = {**arguments, "seed": int.from_bytes(key[:4], "big") & 0x7FFFFFFF}
        if self.gathering is not None:
            posed = Posed(self.llm, input, count, arguments)
            return await self._gathered(self.gathering, key, posed)
        return await self._ask(key, input, count, arguments)

    async def _ask(
        self, key: bytes, input: FormattedInput, count: int, arguments: dict[str, Any]
    ) -> GenerateOutput:
        gate = self._gate or await self._opened()
        loop = asyncio.get_running_loop()
        retries = getattr(self.llm, "max_retries", None)
        retries = RETRIES if retries is None else retries
        attempts = tries = 0
        first_failure = 0.0
        while True:
            ticket = await gate.enter(key, again=attempts > 0)
            how, wait, tokens, why = How.OTHER, None, 0, ""
            try:
                if self._stopping():
                    raise StopAsking
                self._emit(Asked(self.step, self._name))
                asked = loop.time()
                outcome = await self._tried(input, count, arguments)
                if not isinstance(outcome, AnswerError):
                    output, how = outcome, How.ANSWERED
                    tokens = await self._tell_paid(output, loop.time() - asked)
                    if self._answers is not None:
                        # Leave is kept until the answer is safe: what is in flight can be lost.
                        await self._keep(key, output)
                    return output
                error = outcome
                wait, why = error.retry_after, str(error)
                if error.overloaded:
                    how = How.REFUSED
                elif error.retryable:
                    how = How.BROKEN
            finally:
                gate.leave(ticket, how, wait=wait, tokens=tokens, why=why)
            attempts += 1
            tries += not error.overloaded
            now = loop.time()
            # Not since it was first asked: it may have stood at the gate for hours.
            first_failure = first_failure or now
            if wait and wait > PATIENCE:
                self._emit(Unanswered(self.step, self._name, why))
                raise EndpointError(f"{why}. It asks to be left alone for {wait:.0f} s.")
            late = now - first_failure > PATIENCE
            if not error.retryable or tries > retries or late:
                self._emit(Unanswered(self.step, self._name, why))
                error.attempts = attempts
                raise error
            longest = LONGEST_WAIT if gate.is_well else LONGEST_WAIT_IN_AN_OUTAGE
            pause = random.uniform(0.5, 1.0) * min(longest, FIRST_WAIT * 2 ** min(attempts - 1, 10))
            pause = max(pause, wait * random.uniform(1.0, 1.1) if wait else 0.0)
            self._emit(Retried(self.step, self._name, why, pause))
            await asyncio.sleep(pause)

    async def _gathered(self, gathering: Gathering, key: bytes, posed: Posed) -> GenerateOutput:
        """The answer that comes in a batch job, which is kept by whoever collects it."""
        if self._gate is None:
            await self._opened()
        if self._stopping():
            raise StopAsking
        asked = asyncio.get_running_loop().time()
        self._emit(Asked(self.step, self._name))
        try:
            output, is_first = await gathering.ask(key, posed)
        except BaseException as error:
            self._emit(Unanswered(self.step, self._name, str(error) or type(error).__name__))
            raise
        if not is_first:
            # Another step asked the very same, and has paid.
            self._emit(Unanswered(self.step, self._name, "it is answered already"))
            self._tell_answered(output, 0.0, reused=True)
            return output
        await self._tell_paid(output, asyncio.get_running_loop().time() - asked)
        return output

    async def _keep(self, key: bytes, output: GenerateOutput) -> None:
        assert self._answers is not None
        try:
            text = orjson.dumps(output, option=orjson.OPT_SERIALIZE_NUMPY)
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
        self, input: FormattedInput, count: int, arguments: dict[str, Any]
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
            self._emit(Unanswered(self.step, self._name, str(error)))
            if error is caught:
                raise
            raise error from caught
        except BaseException as caught:
            # Given up by whoever waited: it is with the model no longer.
            self._emit(Unanswered(self.step, self._name, type(caught).__name__))
            raise

    async def _tell_paid(self, output: GenerateOutput, seconds: float) -> int:
        assert self._price is not None
        # One task for all questions: a cancelled question must not cancel it for the others.
        price = await asyncio.shield(self._price)
        return self._tell_answered(output, seconds, reused=False, price=price)

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
            raise AnswerError("the model gave no text")
        return output

    async def _opened(self) -> Gate:
        self.loop = asyncio.get_running_loop()
        if self._gates is None:
            self._gates = _standalone.setdefault(self.loop, Gates())
        gate = self._gates.of(self.llm)
        async with gate.preflight:
            if not gate.open:
                if self._answers is not None:
                    await self.llm._preflight()
                gate.open = True
        if self._price is None:
            share = self.gathering.desk.price_share if self.gathering is not None else 1.0
            self._price = self.loop.create_task(price_for(self.llm, share))
        self._gate = gate
        return gate

    def _tell_answered(
        self, output: GenerateOutput, seconds: float, *, reused: bool, price: Price | None = None
    ) -> int:
        statistics: Any = output.get("statistics") or {}
        tokens_in = _sum(statistics.get("input_tokens"))
        tokens_out = _sum(statistics.get("output_tokens"))
        cached = (_sum(statistics.get(f"cache_{what}_tokens")) for what in ("read", "write"))
        cost = price(tokens_in, tokens_out, *cached) if price is not None else None
        in_job = self.gathering is not None and not reused
        self._emit(
            Answered(self.step, self._name, tokens_in, tokens_out, seconds, reused, cost, in_job)
        )
        return tokens_in + tokens_out


def _sum(counts: Any) -> int:
    """Models of users count per generation, in all, or where they know."""
    if isinstance(counts, (list, tuple)):
        return sum(int(count) for count in counts if count)
    return int(counts or 0)

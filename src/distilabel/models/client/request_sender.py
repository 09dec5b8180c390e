"""Sends one request to a model until it is answered: lease, claim, charge, retries, storage."""

from __future__ import annotations

import asyncio
import itertools
import logging
import random
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Final
from weakref import WeakKeyDictionary

from distilabel._core.events import Emit, RequestRetried
from distilabel._core.user_faults import EXITS, ProgramExit, is_canceled
from distilabel.errors import AnswerError, EndpointError, ModelError
from distilabel.models.accounting.usage import Charge, UsageMeter
from distilabel.models.batch_jobs.ask import ask_in_job
from distilabel.models.batch_jobs.pending import Request
from distilabel.models.client.answer_warnings import AnswerWarnings
from distilabel.models.client.in_flight import Claim, InFlight, Unshared
from distilabel.models.client.micro_batcher import MicroBatcher
from distilabel.models.client.request_group import current_branch
from distilabel.models.client.retry import RETRIES, Failures, retry_pause
from distilabel.models.client.stored_answers import StoredAnswers
from distilabel.models.http.error_mapping import as_model_error, error_kind
from distilabel.models.protocol import Model, RunStopped
from distilabel.models.rate_limit.limiter import EndpointLimiter, Lease, Outcome
from distilabel.models.rate_limit.registry import EndpointLimiters

if TYPE_CHECKING:
    from collections.abc import Callable
    from contextlib import AbstractContextManager

    from distilabel.models.batch_jobs.job_builder import JobBuilder
    from distilabel.models.client.stored_answers import Accept
    from distilabel.typing import FormattedInput, GenerateOutput

_UNSHARED: Final = Unshared(True)
# Status of a reply that may mean an unknown model; others say what is wrong themselves.
_MAY_BE_UNKNOWN: Final = frozenset({400, 403, 404, 410, 422})

_log = logging.getLogger("distilabel.llm")

_request_numbers = itertools.count(1)
# Limiters of clients outside a run.
_standalone: WeakKeyDictionary[asyncio.AbstractEventLoop, EndpointLimiters] = WeakKeyDictionary()


class RequestSender:
    """Sends the requests of one step to one model.

    Args:
        llm: The model, loaded.
        step: Name of the step, for events.
        usage: Meters the requests.
        warnings: Logs questionable answers.
        stored: Stores the answers; None stores none.
        in_flight: Claims questions that other processes may ask; None if answers are not shared.
        limiters: Limiters of the run; None uses those of the running event loop.
        emit: Receives an event for every retry.
        stopping: Called before every request; if it returns True, the request is not sent.
        batcher: Collects questions for a synchronous model; None for an asynchronous one.
        job_builder: Collects requests for batch jobs; None sends each request by itself.

    Attributes:
        loop: Event loop that it runs on, once that is known.
    """

    def __init__(
        self,
        llm: Model,
        step: str,
        *,
        usage: UsageMeter,
        warnings: AnswerWarnings,
        stored: StoredAnswers | None,
        in_flight: InFlight[GenerateOutput] | None,
        limiters: EndpointLimiters | None,
        emit: Emit,
        stopping: Callable[[], bool],
        batcher: MicroBatcher | None,
        job_builder: JobBuilder | None,
    ) -> None:
        self.loop: asyncio.AbstractEventLoop | None = None
        self._llm = llm
        self._step = step
        self._usage = usage
        self._warnings = warnings
        self._stored = stored
        self._in_flight = in_flight
        self._limiters = limiters
        self._limiter: EndpointLimiter | None = None
        self._opening: asyncio.Task[EndpointLimiter] | None = None
        self._emit = emit
        self._stopping = stopping
        self._batcher = batcher
        self._job_builder = job_builder
        self._agenerate: Any = llm._async_method
        self._takes_count = llm._num_generations_param_supported
        if limiters is not None:
            # The limits of all models hold before any of them is asked.
            limiters.of(llm)

    def ask_within(self, context: Callable[[], AbstractContextManager[None]]) -> None:
        """Sets what makes the context that the model is called in.

        Args:
            context: Makes the context, such as the clients of models that the model asks.
        """
        ask = self._agenerate

        async def within(*args: Any, **kwargs: Any) -> GenerateOutput:
            with context():
                return await ask(*args, **kwargs)  # type: ignore[no-any-return]

        self._agenerate = within

    async def send(
        self,
        key: bytes,
        input: FormattedInput,
        count: int,
        arguments: dict[str, Any],
        accept: Accept,
    ) -> GenerateOutput:
        """Sends a request until it is answered, or until retries do not help.

        Args:
            key: Key of the answer.
            input: The question.
            count: Number of generations.
            arguments: Generation arguments.
            accept: Whether an output is worth storing, and a stored one can be used.

        Raises:
            AnswerError: There is no answer, and retries do not help.
            EndpointError: The endpoint or the answer store cannot be used.
            RunStopped: The run is being stopped.
        """
        limiter = self._limiter or await self._open()
        number = next(_request_numbers)
        if self._job_builder is not None:
            request = Request(self._llm, input, count, arguments)
            return await ask_in_job(
                self._job_builder, key, request, self._usage, number, self._stopping, accept
            )
        in_flight = self._in_flight
        claim: Claim[GenerateOutput] | Unshared
        claim = in_flight.claim(key, accept) if in_flight is not None else _UNSHARED
        failures: Failures | None = None
        while True:
            with await limiter.acquire(key, retry=failures is not None) as lease, claim as is_ours:
                if is_ours:
                    result = await self._attempt(
                        lease, number, key, input, count, arguments, accept
                    )
            if not is_ours:
                # Another process asks this question: wait for its answer, without a lease.
                output: GenerateOutput | None = await claim.wait(self._stopping)
                if output is None:
                    continue
                self._usage.reused(output)
                return output
            if not isinstance(result, AnswerError):
                return result
            now = asyncio.get_running_loop().time()
            failures = failures or Failures(now)
            failures.add(result, is_up=limiter.is_up)
            pause = retry_pause(result, failures, self._max_retries, now, random.random())
            if isinstance(pause, ModelError):
                self._usage.failed(number, str(result), error_kind(result))
                raise pause
            self._emit(
                RequestRetried(
                    self._step, self._llm.model_name, str(result), pause, number, error_kind(result)
                )
            )
            await asyncio.sleep(pause)

    @property
    def _max_retries(self) -> int:
        retries: int | None = getattr(self._llm, "max_retries", None)
        return RETRIES if retries is None else retries

    async def _attempt(
        self,
        lease: Lease,
        number: int,
        key: bytes,
        input: FormattedInput,
        count: int,
        arguments: dict[str, Any],
        accept: Accept,
    ) -> GenerateOutput | AnswerError:
        """Sends one request and stores its answer; returns the error if there is no answer."""
        with await self._usage.charge(input, count, arguments, number) as charge:
            branch = current_branch()
            if self._stopping() or (branch is not None and branch.is_stopped):
                raise RunStopped
            self._usage.sent(charge)
            if branch is None:
                return await self._exchange(lease, charge, key, input, count, arguments, accept)
            branch.sent()
            try:
                return await self._exchange(lease, charge, key, input, count, arguments, accept)
            finally:
                branch.returned()

    async def _exchange(
        self,
        lease: Lease,
        charge: Charge,
        key: bytes,
        input: FormattedInput,
        count: int,
        arguments: dict[str, Any],
        accept: Accept,
    ) -> GenerateOutput | AnswerError:
        """Sends one request; meters and stores its answer."""
        clock = asyncio.get_running_loop().time
        sent_at = clock()
        result = await self._generate(charge, input, count, arguments)
        lease.headers = getattr(result, "headers", None)
        if isinstance(result, AnswerError):
            if result.statistics is not None:
                # It cannot be used, but it is an answer of the model.
                lease.limiter.doubt = ""
            await self._usage.unusable(charge, result)
            lease.outcome = _outcome(result)
            lease.retry_after = result.retry_after
            lease.reason = str(result)
            return result
        lease.outcome = Outcome.ANSWERED
        self._warnings.check(result)
        lease.tokens = await self._usage.answered(charge, result, clock() - sent_at)
        if self._stored is not None and accept(result):
            # The lease is held until the answer is safe: after a stop, a run waits for leases.
            await self._stored.put(key, result)
        return result

    async def _generate(
        self, charge: Charge, input: FormattedInput, count: int, arguments: dict[str, Any]
    ) -> GenerateOutput | AnswerError:
        """Calls the model; returns the error if there is no answer."""
        try:
            if self._batcher is not None:
                output: Any = await self._batcher.ask(input, count, arguments)
            elif self._takes_count:
                output = await self._agenerate(input, num_generations=count, **arguments)
            else:
                output = await self._agenerate(input, **arguments)
            generations = _generations_of(output, self._llm)
            is_empty = not generations or all(text is None for text in generations)
            called = is_empty and bool(generations) and any(output.get("tool_calls") or ())
            # With tools, an answer may consist of calls alone.
            if is_empty and not (called and _has_tools(arguments)):
                no_text = AnswerError(
                    "the model returned no text (finish reason: tool_calls) but called a tool"
                    if called
                    else "the model gave no text",
                    statistics=output.get("statistics"),
                    has_no_text=True,
                )
                no_text.headers = getattr(output, "headers", None)
                return no_text
            return output  # type: ignore[no-any-return]
        except Exception as caught:
            error = as_model_error(caught)
            if isinstance(error, AnswerError):
                if error is not caught:
                    error.__cause__ = caught
                return error
            self._usage.failed(charge.number, str(error), error_kind(error))
            self._close_if_in_doubt(error)
            if error is caught:
                raise
            raise error from caught
        except BaseException as caught:
            if isinstance(caught, asyncio.CancelledError) and not is_canceled():
                # Raised by code of the model; passed on, it would end the task of the row.
                fault = AnswerError(f"{type(self._llm).__name__} raised CancelledError")
                fault.__cause__ = caught
                return fault
            # Cancelled by the caller: the request is no longer in flight.
            self._usage.given_up(charge, type(caught).__name__)
            if isinstance(caught, EXITS):
                raise ProgramExit(caught) from None
            raise

    def _begin_in_doubt(self, limiter: EndpointLimiter) -> None:
        """Begins with a single request, because the endpoint may not know the model."""
        if self._job_builder is not None:
            # A job cannot be tried with one request.
            raise EndpointError(f"{limiter.doubt} No question was sent.")
        _log.info("%s: %s One request is sent to find out.", self._step, limiter.doubt)

    def _close_if_in_doubt(self, error: ModelError) -> None:
        """Turns all other requests away if the first one shows that the model is unknown."""
        limiter = self._limiter
        if limiter is None or not limiter.doubt or not isinstance(error, EndpointError):
            return
        if error.status in _MAY_BE_UNKNOWN:
            error.message = f"{error.message} {limiter.doubt}"
        limiter.close(error)

    async def _open(self) -> EndpointLimiter:
        """Checks the endpoint before the first request; returns its limiter."""
        opening = self._opening
        if opening is None:
            self.loop = asyncio.get_running_loop()
            opening = self._opening = self.loop.create_task(self._check_endpoint())
            opening.add_done_callback(self._opened)
        # Many rows wait for one check: the end of one of them must not end it.
        return await asyncio.shield(opening)

    def _opened(self, opening: asyncio.Task[EndpointLimiter]) -> None:
        self._opening = None
        if not opening.cancelled() and opening.exception() is None:
            self._limiter = opening.result()

    async def _check_endpoint(self) -> EndpointLimiter:
        loop = asyncio.get_running_loop()
        if self._limiters is None:
            self._limiters = _standalone.setdefault(loop, EndpointLimiters())
        limiter = self._limiters.of(self._llm)
        async with limiter.preflight:
            if not limiter.is_checked:
                if self._stored is not None:
                    limiter.doubt = await self._llm._preflight() or ""
                    if limiter.doubt:
                        self._begin_in_doubt(limiter)
                limiter.is_checked = True
        self._usage.open()
        return limiter


def _has_tools(arguments: Mapping[str, Any]) -> bool:
    return bool(arguments.get("tools") or (arguments.get("extra_body") or {}).get("tools"))


def _outcome(error: AnswerError) -> Outcome:
    if error.overloaded:
        return Outcome.REJECTED
    return Outcome.FAILED if error.retryable else Outcome.NEUTRAL


def _generations_of(output: Any, llm: Model) -> Any:
    """Returns the generations of what a model returned.

    Raises:
        AnswerError: It is not an output.
    """
    generations = output.get("generations") if isinstance(output, Mapping) else None
    statistics = output.get("statistics") if isinstance(output, Mapping) else None
    if not isinstance(generations, (list, tuple)) or not isinstance(statistics or {}, Mapping):
        method = getattr(llm._generating_method, "__name__", "generate")
        raise AnswerError(
            f"{type(llm).__name__}.{method} returned {_shape(output)} for a question. It must "
            "return a dict with the texts: {'generations': ['...'], 'statistics': {...}}."
        )
    return generations


def _shape(value: Any) -> str:
    if isinstance(value, Mapping):
        return f"a dict with {', '.join(map(repr, value)) or 'nothing'}"
    text = repr(value)
    return f"{type(value).__name__} {text if len(text) <= 80 else text[:80] + '...'}"

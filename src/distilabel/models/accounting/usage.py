"""Meters the tokens and cost of one step's requests to one model, and reports them as events."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

from distilabel._core.events import (
    Emit,
    RequestFailed,
    RequestSent,
    ResponseReceived,
    UnusableResponse,
)
from distilabel.models.accounting.prices import Price, Usage, price_for, reduced
from distilabel.models.accounting.token_bounds import TokenBounds
from distilabel.models.protocol import RunStopped

if TYPE_CHECKING:
    from collections.abc import Mapping

    from distilabel.errors import AnswerError
    from distilabel.models.accounting.budget import Budget
    from distilabel.models.protocol import Model
    from distilabel.typing import FormattedInput, GenerateOutput


class Charge:
    """What one request costs, from before it is sent until it has ended.

    A context manager: on exit the reserved part of the budget is replaced by the cost.

    Args:
        input: The question.
        count: Number of generations asked for.
        arguments: Generation arguments.
        number: Number of the request in events.
        budget: Budget that pays for it; None for no limit.

    Attributes:
        reserved: US dollars reserved for it.
        cost: US dollars it cost, or may have cost.
    """

    __slots__ = ("_budget", "arguments", "cost", "count", "input", "number", "reserved")

    def __init__(
        self,
        input: FormattedInput,
        count: int,
        arguments: Mapping[str, Any],
        number: int,
        budget: Budget | None,
    ) -> None:
        self.input = input
        self.count = count
        self.arguments = arguments
        self.number = number
        self.reserved = 0.0
        self.cost = 0.0
        self._budget = budget

    def __enter__(self) -> Charge:
        return self

    def __exit__(self, *exc_info: object) -> None:
        if self._budget is not None:
            self._budget.settle(self.reserved, self.cost)


class UsageMeter:
    """Meters the requests of one step to one model.

    Args:
        llm: The model.
        step: Name of the step, for events.
        emit: Receives an event for every request and every reply.
        budget: What may be spent; None for no limit.
        job_share: Price of an answer from a batch job, as a share of its usual price; None if the
            requests do not go in batch jobs.
    """

    def __init__(
        self,
        llm: Model,
        step: str,
        emit: Emit,
        budget: Budget | None,
        job_share: float | None = None,
    ) -> None:
        self._llm = llm
        self._name = llm.model_name
        self._step = step
        self._emit = emit
        self._budget = budget
        self._job_share = job_share
        self._bounds = TokenBounds(llm)
        self._price: asyncio.Task[Price] | None = None

    def open(self) -> None:
        """Starts to look up the price of the model; call it on the event loop, before `charge`."""
        if self._price is None:
            self._price = asyncio.get_running_loop().create_task(price_for(self._llm))

    async def _get_price(self) -> Price:
        assert self._price is not None
        # All requests wait for the same task: one that is cancelled must not cancel it.
        done = self._price.done()
        return self._reduced(self._price.result() if done else await asyncio.shield(self._price))

    def _reduced(self, price: Price) -> Price:
        return price if self._job_share is None else reduced(price, self._job_share)

    async def load_price(self) -> None:
        """Waits until the price is known."""
        await self._get_price()

    @property
    def is_limited(self) -> bool:
        """Whether a request may have to wait until the budget can pay for it."""
        return self._budget is not None

    async def charge(
        self, input: FormattedInput, count: int, arguments: Mapping[str, Any], number: int = 0
    ) -> Charge:
        """Waits until the budget can pay for a request.

        Args:
            input: The question.
            count: Number of generations asked for.
            arguments: Generation arguments.
            number: Number of the request in events.

        Returns:
            The charge, to be used in a `with` statement.

        Raises:
            RunStopped: The budget is used up.
        """
        charge = Charge(input, count, arguments, number, self._budget)
        if self._budget is not None:
            price = await self._get_price()
            charge.reserved = price(self._bound(charge)) or 0.0
            if not await self._budget.reserve(charge.reserved):
                raise RunStopped
        return charge

    def _bound(self, charge: Charge) -> Usage:
        return self._bounds.of(charge.input, charge.count, charge.arguments)

    def sent(self, charge: Charge) -> None:
        """Reports that a request is sent."""
        self._emit(RequestSent(self._step, self._name, charge.number))

    async def answered(self, charge: Charge, output: GenerateOutput, seconds: float) -> int:
        """Meters and reports an answer.

        Args:
            charge: Charge of the request; gets its cost.
            output: The answer.
            seconds: Seconds from sending the request to the answer.

        Returns:
            Tokens of the request and its answer.
        """
        usage = Usage.of(output.get("statistics"))
        cost = (await self._get_price())(usage)
        # An answer without token counts may have cost all that was reserved.
        charge.cost = charge.reserved if cost is None else cost
        self._bounds.saw(usage, charge.count)
        self._report(usage, seconds, cost, number=charge.number)
        return usage.input_tokens + usage.output_tokens

    def reused(self, output: GenerateOutput) -> None:
        """Reports a stored answer.

        Args:
            output: The answer.
        """
        usage = Usage.of(output.get("statistics"))
        self._report(usage, 0.0, usage.cost, reused=True)

    async def unusable(self, charge: Charge, error: AnswerError) -> None:
        """Meters and reports a reply without an answer, which may have cost something all the same.

        Args:
            charge: Charge of the request; gets its cost.
            error: Why there is no answer.
        """
        if error.statistics is None and not error.lost:
            return
        usage = self._bound(charge) if error.lost else Usage.of(error.statistics)
        cost = (await self._get_price())(usage)
        charge.cost = charge.reserved if cost is None else cost
        # Only the most that a lost reply can have cost is known, not its tokens.
        counts = (0, 0, 0) if error.lost else usage[:3]
        self._emit(UnusableResponse(self._step, self._name, *counts, cost, error.lost))

    def given_up(self, charge: Charge, kind: str) -> None:
        """Meters and reports a request whose caller no longer waits for the reply.

        The provider answers it and charges for it all the same, so it counts with the most it can
        cost. Does not wait: the caller is being cancelled.

        Args:
            charge: Charge of the request; gets its cost.
            kind: Why, in one word.
        """
        cost = None
        if self._price is not None and self._price.done():
            cost = self._reduced(self._price.result())(self._bound(charge))
        charge.cost = charge.reserved if cost is None else cost
        self._emit(UnusableResponse(self._step, self._name, 0, 0, 0, cost, True, True))
        self.failed(charge.number, "the request was given up", kind)

    def failed(self, number: int, reason: str, kind: str) -> None:
        """Reports that a request has no answer and is not sent again.

        Args:
            number: Number of the request.
            reason: Why, for people.
            kind: Why, in one word.
        """
        self._emit(RequestFailed(self._step, self._name, reason, number, kind))

    def _report(
        self,
        usage: Usage,
        seconds: float,
        cost: float | None,
        *,
        reused: bool = False,
        number: int = 0,
    ) -> None:
        self._emit(
            ResponseReceived(
                self._step,
                self._name,
                usage.input_tokens,
                usage.output_tokens,
                seconds,
                reused,
                cost,
                usage.cache_read,
                number,
                self._job_share is not None and not reused,
            )
        )

"""The bill of a door: what its questions cost, and whether the next one can be afforded.

A door tells it of every reply; it tells everyone else, by events.
"""

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

if TYPE_CHECKING:
    from collections.abc import Mapping

    from distilabel.errors import AnswerError
    from distilabel.models.accounting.budget import Budget
    from distilabel.models.llms.base import LLM
    from distilabel.typing import FormattedInput, GenerateOutput


class Charge:
    """One question on the bill, from before it is asked until its reply is there.

    Args:
        input: the question.
        count: answers asked for.
        arguments: of the generation.
        number: of the question, for events.

    Attributes:
        set_aside: US dollars set aside for it.
        cost: US dollars it cost, or may have.
    """

    def __init__(
        self, input: FormattedInput, count: int, arguments: Mapping[str, Any], number: int
    ) -> None:
        self.input = input
        self.count = count
        self.arguments = arguments
        self.number = number
        self.set_aside = 0.0
        self.cost = 0.0


class UsageMeter:
    """What the questions of one step to one model cost.

    Args:
        llm: the model.
        step: name of the step, for events.
        emit: told of every reply that took tokens.
        budget: what may be spent; None is no limit.
        job_share: what an answer in a batch job costs, as a share of its price; None where
            questions do not go in jobs.
    """

    def __init__(
        self,
        llm: LLM,
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
        """Begins to look up the price."""
        if self._price is None:
            self._price = asyncio.get_running_loop().create_task(price_for(self._llm))

    async def _priced(self) -> Price:
        assert self._price is not None
        # One task for all questions: a cancelled question must not cancel it for the others.
        done = self._price.done()
        price = self._price.result() if done else await asyncio.shield(self._price)
        return price if self._job_share is None else reduced(price, self._job_share)

    async def load_price(self) -> None:
        """Waits until the price is known."""
        await self._priced()

    @property
    def is_limited(self) -> bool:
        """Whether a question may have to wait until it can be afforded."""
        return self._budget is not None

    async def item(
        self, input: FormattedInput, count: int, arguments: Mapping[str, Any], number: int = 0
    ) -> Charge | None:
        """Puts a question on the bill before it is asked; `close` must follow.

        Returns:
            Its item; None if it can not be afforded any more.
        """
        item = Charge(input, count, arguments, number)
        if self._budget is not None:
            price = await self._priced()
            item.set_aside = price(self._most(item)) or 0.0
            if not await self._budget.set_aside(item.set_aside):
                return None
        return item

    def _most(self, item: Charge) -> Usage:
        return self._bounds.of(item.input, item.count, item.arguments)

    async def answered(self, item: Charge, output: GenerateOutput, seconds: float) -> int:
        """Takes note of an answer.

        Returns:
            The tokens it took, in and out.
        """
        usage = Usage.of(output.get("statistics"))
        cost = (await self._priced())(usage)
        # Who does not say what an answer took may have charged as much as was set aside for it.
        item.cost = item.set_aside if cost is None else cost
        self._bounds.saw(usage, item.count)
        self._tell(usage, seconds, cost, number=item.number)
        return usage.input_tokens + usage.output_tokens

    def reused(self, output: GenerateOutput) -> None:
        """Takes note of an answer that was kept."""
        usage = Usage.of(output.get("statistics"))
        self._tell(usage, 0.0, usage.cost, reused=True)

    async def failed(self, item: Charge, error: AnswerError) -> None:
        """Takes note of a reply that is no answer: it may have cost something all the same."""
        if error.statistics is None and not error.lost:
            return
        usage = self._most(item) if error.lost else Usage.of(error.statistics)
        cost = (await self._priced())(usage)
        item.cost = item.set_aside if cost is None else cost
        # What a lost reply took is not known, only what it can have cost.
        counts = (0, 0, 0) if error.lost else usage[:3]
        self._emit(UnusableResponse(self._step, self._name, *counts, cost, error.lost))

    def asked(self, item: Charge) -> None:
        """Tells that a question is with the model."""
        self._emit(RequestSent(self._step, self._name, item.number))

    def unanswered(self, item: Charge, why: str, kind: str) -> None:
        """Tells that a question was given up."""
        self._emit(RequestFailed(self._step, self._name, why, item.number, kind))

    def close(self, item: Charge) -> None:
        """The question is with the model no longer."""
        if self._budget is not None:
            self._budget.settle(item.set_aside, item.cost)

    def _tell(
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

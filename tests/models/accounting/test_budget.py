"""Protects the budget: never passed, whatever answers cost, and used up as far as can be."""

from __future__ import annotations

import asyncio
import random

import pytest

from distilabel.models.accounting.budget import Budget


class Over:
    """Counts how often the budget reported that it is used up."""

    times = 0

    def __call__(self) -> None:
        self.times += 1


@pytest.mark.parametrize("seed", range(20))
async def test_it_is_never_passed_and_what_is_left_is_less_than_one_question(seed: int) -> None:
    chance = random.Random(seed)
    over = Over()
    budget = Budget(chance.uniform(1, 5), over)
    in_flight = reserved = most_in_flight = 0.0
    refused: list[float] = []

    async def question() -> None:
        nonlocal in_flight, reserved, most_in_flight
        most = chance.uniform(0.01, 0.1)
        if not await budget.reserve(most):
            refused.append(most)
            return
        in_flight += 1
        reserved += most
        most_in_flight = max(most_in_flight, in_flight)
        assert budget.spent + reserved <= budget.dollars + 1e-9
        await asyncio.sleep(chance.uniform(0, 0.003))
        in_flight -= 1
        reserved -= most
        budget.settle(most, chance.choice([0.0, most, most * chance.random()]))

    await asyncio.gather(*(question() for _ in range(600)))
    assert over.times == 1
    assert budget.spent <= budget.dollars + 1e-9
    assert budget.dollars - budget.spent < max(refused)
    assert most_in_flight > 5


async def test_a_question_that_waits_goes_on_when_money_comes_back() -> None:
    over = Over()
    budget = Budget(1.0, over)
    assert await budget.reserve(0.8)
    waiting = asyncio.create_task(budget.reserve(0.5))
    await asyncio.sleep(0)
    assert not waiting.done()
    budget.settle(0.8, 0.1)
    assert await waiting
    assert over.times == 0


async def test_a_question_that_leaves_takes_no_money_along() -> None:
    over = Over()
    budget = Budget(1.0, over)
    assert await budget.reserve(0.8)
    gone, granted = (asyncio.create_task(budget.reserve(0.9)) for _ in range(2))
    await asyncio.sleep(0)
    gone.cancel()
    await asyncio.sleep(0)
    budget.settle(0.8, 0.0)
    # Granted and cancelled in the same moment.
    granted.cancel()
    await asyncio.gather(gone, granted, return_exceptions=True)
    assert await budget.reserve(1.0)
    assert over.times == 0

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
    assert await asyncio.wait_for(budget.reserve(1.0), 1)
    assert over.times == 0


async def test_cheap_questions_do_not_overtake_an_expensive_one() -> None:
    over = Over()
    budget = Budget(1.0, over)
    granted: list[str] = []

    async def question(name: str, most: float) -> None:
        assert await budget.reserve(most)
        granted.append(name)

    assert await budget.reserve(0.6)
    assert await budget.reserve(0.2)
    dear = asyncio.create_task(question("dear", 0.7))
    cheap = [asyncio.create_task(question("cheap", 0.1)) for _ in range(2)]
    await asyncio.sleep(0)
    # Each of the cheap ones could be paid for now.
    budget.settle(0.2, 0.0)
    later = asyncio.create_task(question("later", 0.1))
    await asyncio.sleep(0)
    assert granted == []
    budget.settle(0.6, 0.0)
    await asyncio.gather(dear, *cheap, later)
    assert granted == ["dear", "cheap", "cheap", "later"]


async def test_what_is_used_up_stays_so_and_is_said_once() -> None:
    over = Over()
    budget = Budget(1.0, over)
    assert not await budget.reserve(2.0)
    assert not await budget.reserve(0.1)
    assert not await budget.reserve(2.0)
    assert (over.times, budget.spent) == (1, 0.0)


async def test_sums_of_fractions_leave_the_whole_budget() -> None:
    budget = Budget(1.0, Over())
    parts = [0.1, 0.2, 0.3, 0.07]
    for most in parts:
        assert await budget.reserve(most)
    for most in parts:
        budget.settle(most, 0.0)
    assert await asyncio.wait_for(budget.reserve(1.0), 1)

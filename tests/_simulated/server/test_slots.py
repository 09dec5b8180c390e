"""Protects that no more slots are in use than there are, and that none is lost."""

import asyncio

from distilabel._simulated.server.slots import Slots


class Users:
    """Tasks that hold a slot until they are told to leave."""

    def __init__(self, slots: Slots) -> None:
        self.holding: list[int] = []
        self._slots = slots
        self._leave = {number: asyncio.Event() for number in range(5)}
        self.tasks = [asyncio.create_task(self._hold(number)) for number in range(5)]

    async def _hold(self, number: int) -> None:
        async with self._slots:
            self.holding.append(number)
            await self._leave[number].wait()
            self.holding.remove(number)

    async def leave(self, number: int) -> None:
        self._leave[number].set()
        await asyncio.sleep(0)
        await asyncio.sleep(0)

    async def end(self) -> None:
        for event in self._leave.values():
            event.set()
        await asyncio.gather(*self.tasks, return_exceptions=True)


async def test_slots_are_granted_in_order_of_arrival() -> None:
    users = Users(Slots(2))
    await asyncio.sleep(0)
    assert users.holding == [0, 1]
    await users.leave(1)
    assert users.holding == [0, 2]
    await users.end()


async def test_resizing_grants_more_slots_at_once_and_takes_none_away() -> None:
    slots = Slots(2)
    users = Users(slots)
    await asyncio.sleep(0)
    slots.resize(4)
    await asyncio.sleep(0)
    assert users.holding == [0, 1, 2, 3]
    slots.resize(1)
    await users.leave(0)
    assert users.holding == [1, 2, 3]
    slots.resize(None)
    await asyncio.sleep(0)
    assert users.holding == [1, 2, 3, 4]
    await users.end()


async def test_a_cancelled_wait_takes_no_slot() -> None:
    slots = Slots(1)
    users = Users(slots)
    await asyncio.sleep(0)
    users.tasks[1].cancel()
    await asyncio.sleep(0)
    await users.leave(0)
    assert users.holding == [2]
    # Cancelled at the moment of its turn: the slot goes to the next.
    users._leave[2].set()
    await asyncio.sleep(0)
    users.tasks[3].cancel()
    await asyncio.sleep(0)
    await asyncio.sleep(0)
    assert users.holding == [4]
    await users.end()

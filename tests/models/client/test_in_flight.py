"""Protects waiting for the answer of another process, and asking if that one gives up."""

from __future__ import annotations

import asyncio

import pytest

from distilabel.errors import StoreError
from distilabel.models.client import in_flight as module
from distilabel.models.client.in_flight import Claim, InFlight

KEY = b"k"


class Elsewhere:
    """Locks and answers, some of which belong to another process."""

    def __init__(self) -> None:
        self.is_shared = True
        self.theirs = {KEY}
        self.ours: set[bytes] = set()
        self.stored: dict[bytes, str] = {}

    def answer(self) -> str | None:
        return self.stored.get(KEY)

    def claim(self, key: bytes) -> bool:
        if key in self.theirs:
            return False
        self.ours.add(key)
        return True

    def release(self, key: bytes) -> None:
        self.ours.discard(key)


@pytest.fixture
def elsewhere(monkeypatch: pytest.MonkeyPatch) -> Elsewhere:
    monkeypatch.setattr(module, "FIRST_LOOK", 0.001)
    return Elsewhere()


def claim(elsewhere: Elsewhere) -> Claim[str]:
    in_flight = InFlight[str](elsewhere, lambda key, accept: elsewhere.answer(), "step")
    return in_flight.claim(KEY, lambda output: True)


async def test_the_answer_of_another_process_is_used(elsewhere: Elsewhere) -> None:
    shared = claim(elsewhere)
    with shared as is_ours:
        assert not is_ours
    waiting = asyncio.create_task(shared.wait(lambda: False))
    await asyncio.sleep(0.01)
    assert not waiting.done()
    elsewhere.stored[KEY] = "theirs"
    elsewhere.theirs.clear()
    assert await waiting == "theirs"


async def test_a_question_that_it_gives_up_is_asked(elsewhere: Elsewhere) -> None:
    shared = claim(elsewhere)
    waiting = asyncio.create_task(shared.wait(lambda: False))
    await asyncio.sleep(0.01)
    elsewhere.theirs.clear()
    assert await waiting is None
    assert not elsewhere.ours
    with shared as is_ours:
        assert is_ours
        assert elsewhere.ours == {KEY}
    assert not elsewhere.ours


async def test_a_question_answered_meanwhile_is_not_asked(elsewhere: Elsewhere) -> None:
    elsewhere.theirs.clear()
    elsewhere.stored[KEY] = "theirs"
    shared = claim(elsewhere)
    with shared as is_ours:
        assert not is_ours
        assert not elsewhere.ours
    assert await shared.wait(lambda: False) == "theirs"


async def test_a_stop_ends_the_wait(elsewhere: Elsewhere) -> None:
    assert await claim(elsewhere).wait(lambda: True) is None


async def test_a_process_that_never_answers_is_not_waited_for(
    elsewhere: Elsewhere, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "PATIENCE", 0.0)
    shared = claim(elsewhere)
    assert await shared.wait(lambda: False) is None
    with shared as is_ours:
        assert is_ours


def test_without_another_process_every_question_is_asked(elsewhere: Elsewhere) -> None:
    elsewhere.is_shared = False
    elsewhere.theirs.clear()
    with claim(elsewhere) as is_ours:
        assert is_ours


def test_a_store_that_fails_leaves_no_claim(elsewhere: Elsewhere) -> None:
    def broken(key: bytes, accept: object) -> str | None:
        raise StoreError("malformed")

    elsewhere.theirs.clear()
    with pytest.raises(StoreError), InFlight[str](elsewhere, broken, "step").claim(KEY, bool):
        pass
    assert not elsewhere.ours

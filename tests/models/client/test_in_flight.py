"""A question that another process asks is waited for, and asked if that one gives up."""

from __future__ import annotations

import asyncio

import pytest

from distilabel.errors import StoreError
from distilabel.models.client import in_flight as module
from distilabel.models.client.in_flight import Claim, InFlight

KEY = b"k"


class Elsewhere:
    """Claims and answers, of which another process has some."""

    def __init__(self) -> None:
        self.is_shared = True
        self.theirs = {KEY}
        self.ours: set[bytes] = set()
        self.kept: dict[bytes, str] = {}

    def answer(self) -> str | None:
        return self.kept.get(KEY)

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


async def test_its_answer_is_taken_when_it_comes(elsewhere: Elsewhere) -> None:
    shared = claim(elsewhere)
    with shared as is_ours:
        assert not is_ours
    waiting = asyncio.create_task(shared.wait(lambda: False))
    await asyncio.sleep(0.01)
    assert not waiting.done()
    elsewhere.kept[KEY] = "theirs"
    elsewhere.theirs.clear()
    assert await waiting == "theirs"


async def test_what_it_gives_up_is_asked(elsewhere: Elsewhere) -> None:
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


async def test_what_was_kept_meanwhile_is_not_asked(elsewhere: Elsewhere) -> None:
    elsewhere.theirs.clear()
    elsewhere.kept[KEY] = "theirs"
    shared = claim(elsewhere)
    with shared as is_ours:
        assert not is_ours
        assert not elsewhere.ours
    assert await shared.wait(lambda: False) == "theirs"


async def test_whoever_is_stopped_waits_no_more(elsewhere: Elsewhere) -> None:
    assert await claim(elsewhere).wait(lambda: True) is None


async def test_one_that_never_answers_is_not_waited_for(
    elsewhere: Elsewhere, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "PATIENCE", 0.0)
    shared = claim(elsewhere)
    assert await shared.wait(lambda: False) is None
    with shared as is_ours:
        assert is_ours


def test_who_is_alone_asks(elsewhere: Elsewhere) -> None:
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

"""Protects the notes on questions: those of one row alone, and only where they are wanted."""

from __future__ import annotations

import asyncio
import hashlib

from distilabel.models import SimulatedLLM
from distilabel.models.client.answer_log import note_answer, noted_answers, prompt_digest

CHAT = [{"role": "user", "content": "hä"}]


def test_the_digest_is_that_of_the_messages() -> None:
    text = '[{"content":"hä","role":"user"}]'
    digest = hashlib.sha256(text.encode()).hexdigest()
    assert prompt_digest(CHAT) == prompt_digest((CHAT, {"format": "json"})) == digest
    assert prompt_digest("hä") != digest


async def test_concurrent_rows_note_their_own_questions() -> None:
    llm = SimulatedLLM(model="m")

    async def row(number: int) -> list[str]:
        with noted_answers() as asked:
            for i in range(2):
                await asyncio.sleep(0)
                note_answer(llm, CHAT, bytes([number, i]))
        note_answer(llm, CHAT, b"after")
        return [each["answer"] for each in asked]

    found = await asyncio.gather(*map(row, range(3)))
    assert found == [["0000", "0001"], ["0100", "0101"], ["0200", "0201"]]
    with noted_answers(wanted=False) as asked:
        note_answer(llm, CHAT, b"x")
    assert asked == []

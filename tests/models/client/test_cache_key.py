"""Protects the keys of stored answers, and that equal questions get separate ones."""

from __future__ import annotations

import random
from collections import Counter
from typing import Any

import pytest

from distilabel.models import OpenAILLM, SimulatedLLM
from distilabel.models.client.cache_key import CacheKeys, OccurrenceCounter


def digest(number: int) -> bytes:
    return number.to_bytes(16, "little")


def test_it_counts_like_a_counter() -> None:
    lots = random.Random(7)
    counter, reference = OccurrenceCounter(), Counter[int]()
    for _ in range(5_000):
        number = lots.randrange(300)
        if reference[number] and lots.random() < 0.3:
            counter.forget(digest(number))
            reference[number] -= 1
        else:
            assert counter.add(digest(number)) == reference[number]
            reference[number] += 1


def chat(text: str) -> Any:
    return [{"role": "user", "content": text}]


def keys_of(llm: Any) -> CacheKeys:
    return CacheKeys(llm, llm.get_generation_kwargs())


OPENAI = OpenAILLM(
    model="m",
    base_url="https://api.example.com/v1",
    api_key="k",
    generation_kwargs={"temperature": 0.5},
)


@pytest.mark.parametrize(
    ("llm", "keys"),
    [
        (
            OPENAI,
            [
                "88dfbe77ecac6a491ad858579b4a5650",
                "9f3b93646317f3c40c2746f78014ea8c",
                "f1b09cfcb492127d0a03a2aa52d15bbc",
                "18a83225b7ab4b8ac81402a49120020e",
                "a9a1d06e599ee5e9f29fa0c33f9df68d",
            ],
        ),
        # Its module has moved; the keys have not.
        (SimulatedLLM(), ["be270bd7cf01d0b6b69e633ca2423b56"]),
    ],
)
def test_answers_of_earlier_versions_are_found(llm: Any, keys: list[str]) -> None:
    found = keys_of(llm)
    questions: list[tuple[Any, int, tuple[int, int] | None]] = [
        (chat("a"), 1, None),
        (chat("a"), 1, None),
        (chat("a"), 2, None),
        ("text", 1, None),
        (chat("a"), 1, (1, 0)),
    ]
    asked = zip(questions, keys, strict=False)
    assert [found.of(i, n, found.base, r)[1].hex() for (i, n, r), _ in asked] == keys


def test_a_question_is_returned_as_it_is_sent() -> None:
    keys = keys_of(OPENAI)
    whole, half = chat("a"), chat("half \ud83d")
    assert keys.of(whole, 1, keys.base)[2] is whole
    first, _, sent = keys.of(half, 1, keys.base)
    assert sent == chat("half \ufffd")
    assert keys.of(sent, 1, keys.base)[0] == first


def test_arguments_without_a_digest_are_named() -> None:
    keys = CacheKeys(OPENAI, {"stop": object()})
    assert "object" in keys.unstorable

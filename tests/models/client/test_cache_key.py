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


def openai(**fields: Any) -> OpenAILLM:
    fixed = {"model": "m", "base_url": "https://api.example.com/v1", "api_key": "k"}
    return OpenAILLM(**{**fixed, **fields})


def structure(**about: str) -> Any:
    schema = {"type": "object", "properties": {"a": {"type": "string", **about}}}
    return {"format": "json", "schema": schema}


def test_all_that_changes_an_answer_changes_its_key() -> None:
    models = [
        openai(),
        openai(model="n"),
        openai(base_url="https://other.example.com/v1"),
        openai(generation_kwargs={"temperature": 0.5}),
        openai(generation_kwargs={"temperature": 0.6}),
        openai(structured_output=structure()),
        openai(structured_output=structure(description="a name")),
        openai(structured_output=structure(description="a date")),
        SimulatedLLM(),
    ]
    asked: list[tuple[Any, int, tuple[int, int] | None]] = [
        (chat("a"), 1, None),
        (chat("b"), 1, None),
        (chat("a"), 2, None),
        ("a", 1, None),
        ([{"role": "system", "content": "a"}], 1, None),
        ([{"role": "user", "content": "a", "name": "b"}], 1, None),
        ([*chat("a"), *chat("a")], 1, None),
        # Asked again, for which of its generations, and for which time.
        (chat("a"), 2, (1, 0)),
        (chat("a"), 2, (1, 1)),
        (chat("a"), 2, (2, 0)),
        (chat("a"), 1, (1, 0)),
    ]
    found = [
        keys.of(input, count, keys.base, retry)[1]
        for keys in map(keys_of, models)
        for input, count, retry in asked
    ]
    assert len(set(found)) == len(models) * len(asked)


@pytest.mark.parametrize(
    "fields",
    [
        {"api_key": "another"},
        {"max_concurrency": 3, "requests_per_minute": 7, "tokens_per_minute": 9},
        {"max_retries": 1, "timeout": 7},
        {"price": (1.0, 2.0)},
        {"use_offline_batch_generation": True},
    ],
)
def test_what_changes_no_answer_changes_no_key(fields: dict[str, Any]) -> None:
    plain, other = keys_of(openai()), keys_of(openai(**fields))
    assert other.of(chat("a"), 1, other.base) == plain.of(chat("a"), 1, plain.base)

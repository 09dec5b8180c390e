"""Protects that texts are stable, varied and on topic, and depend on what they should."""

import json
from typing import Any

import pytest

from distilabel._simulated.answers.text import generate_text, token_count


def chat(text: str) -> list[dict[str, Any]]:
    return [{"role": "user", "content": text}]


def answer(text: str, **options: Any) -> str:
    return generate_text(chat(text), **{"model": "m", "seed": 0, **options})


def test_same_question_same_answer_whatever_was_asked_before() -> None:
    first = answer("Explain how bread rises.")
    answer("Something else entirely.")
    assert answer("Explain how bread rises.") == first


@pytest.mark.parametrize("change", [{"model": "n"}, {"seed": 1}, {"index": 1}])
def test_model_seed_and_index_each_change_the_answer(change: dict[str, Any]) -> None:
    assert answer("Explain how bread rises.") != answer("Explain how bread rises.", **change)


def test_earlier_messages_change_the_answer() -> None:
    alone = chat("Explain how bread rises.")
    led = [{"role": "system", "content": "Be brief."}, *alone]
    assert generate_text(alone, model="m", seed=0) != generate_text(led, model="m", seed=0)


def test_chat_is_readable_varied_and_on_topic() -> None:
    answers = [answer(f"Explain volcano {number}.") for number in range(100)]
    lengths = [len(text.split()) for text in answers]
    assert min(lengths) >= 20
    assert max(lengths) <= 150
    assert max(lengths) - min(lengths) > 60
    assert all("volcano" in text for text in answers)
    assert len(set(answers)) == 100


def test_content_in_parts_is_read() -> None:
    parts = [{"type": "text", "text": "Explain volcanoes."}, {"type": "image_url"}]
    assert "volcanoes" in generate_text([{"role": "user", "content": parts}], model="m", seed=0)


def test_a_chat_without_words_is_answered() -> None:
    assert len(answer("").split()) >= 20


def test_max_tokens_bounds_the_length() -> None:
    text = answer("Explain how bread rises.", max_tokens=5)
    assert token_count(text) == 5
    assert answer("Explain how bread rises.").startswith(text)


def test_schema_wins_over_the_prompt() -> None:
    schema = {"type": "object", "properties": {"n": {"type": "integer"}}, "required": ["n"]}
    assert isinstance(json.loads(answer("Explain tides.", schema=schema))["n"], int)

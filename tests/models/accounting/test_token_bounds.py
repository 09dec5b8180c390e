"""Protects the bounds: no question and no answer may take more than they say."""

from __future__ import annotations

from typing import Any

import pytest
from pydantic import BaseModel

from distilabel.models import OpenAILLM, SimulatedLLM
from distilabel.models.accounting.prices import Usage
from distilabel.models.accounting.token_bounds import TokenBounds


def llm(**fields: Any) -> OpenAILLM:
    return OpenAILLM(model="m", api_key="none", **fields)


def chat(text: Any) -> Any:
    return [{"role": "user", "content": text}]


@pytest.mark.parametrize("text", ["", "plain words", "日本語" * 50, 'quotes " and \\ ' * 9, "🦉"])
def test_a_question_takes_no_more_tokens_than_it_has_bytes(text: str) -> None:
    most = TokenBounds(llm()).of(chat(text), 1, {})
    assert most.input_tokens >= len(text.encode()) + 4


def test_the_answers_are_as_long_as_asked_for_at_most() -> None:
    bounds = TokenBounds(llm())
    assert bounds.of(chat("a"), 1, {}).output_tokens == 128
    assert bounds.of(chat("a"), 3, {"max_new_tokens": 50}).output_tokens == 150
    more = {"max_new_tokens": 50, "extra_body": {"max_completion_tokens": 900}}
    assert bounds.of(chat("a"), 1, more).output_tokens == 900


def test_without_a_greatest_length_the_longest_answer_teaches() -> None:
    bounds = TokenBounds(SimulatedLLM())
    before = bounds.of(chat("a"), 1, {}).output_tokens
    bounds.saw(Usage(1, 30_000), 2)
    assert bounds.of(chat("a"), 1, {}).output_tokens == 30_000 > before


def test_a_schema_is_read_as_well_and_an_image_is_not_counted_by_its_bytes() -> None:
    class Verdict(BaseModel):
        a_very_long_name_of_a_field_that_says_what_is_meant: str

    plain = TokenBounds(llm()).of(chat("a"), 1, {}).input_tokens
    asked = TokenBounds(llm()).of((chat("a"), {"schema": Verdict}), 1, {}).input_tokens
    assert asked > plain + 50
    own = TokenBounds(llm(structured_output={"schema": Verdict})).of(chat("a"), 1, {}).input_tokens
    assert own > plain + 50
    image = {"type": "image_url", "image_url": {"url": "data:image/png;base64," + "A" * 10**6}}
    shown = TokenBounds(llm()).of(chat([image]), 1, {}).input_tokens
    # No provider counts more for an image, and each of several counts.
    assert plain + 10_000 < shown < 10**5
    other = {"type": "image", "source": {"type": "url", "url": "https://x/a.png"}}
    assert TokenBounds(llm()).of(chat([other]), 1, {}).input_tokens > plain + 10_000
    two = TokenBounds(llm()).of(chat([image, image]), 1, {}).input_tokens
    assert two - shown == pytest.approx(shown - plain, rel=0.1)

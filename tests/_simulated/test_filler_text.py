"""Protects that filler text reads like text and is about its words."""

import random

from distilabel._simulated import filler_text


def test_topic_words_are_distinct_words_with_a_meaning() -> None:
    text = "Explain how tides and the tides of rivers differ, please: tides!"
    assert filler_text.topic_words(text) == ["tides", "rivers", "differ"]


def test_a_text_without_topic_words_has_neutral_ones() -> None:
    assert filler_text.topic_words("") == filler_text.topic_words("What is it?") != []


def test_paragraphs_have_20_to_150_words_about_the_topic() -> None:
    rng = random.Random(0)
    for _ in range(100):
        text = filler_text.paragraphs(["owls"], rng)
        assert 20 <= len(text.split()) <= 150
        assert "owls" in text
        assert "{" not in text


def test_a_sentence_is_one_line() -> None:
    rng = random.Random(0)
    assert not [
        text for text in (filler_text.sentence(["owls"], rng) for _ in range(50)) if "\n" in text
    ]


def test_user_messages_vary() -> None:
    rng = random.Random(0)
    messages = {filler_text.user_message(rng) for _ in range(50)}
    assert len(messages) > 40
    assert not [message for message in messages if "{" in message]


def test_words_are_counted() -> None:
    assert len(filler_text.words(7, random.Random(0)).split(" ")) == 7

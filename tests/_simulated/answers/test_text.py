"""Protects what pipelines read: stable answers, each in the format its prompt asks for."""

import json
import re
from typing import Any

import pytest

from distilabel._simulated.answers.text import generate_text, token_count

JUDGE = """Judge the texts below.

## Format

### Input
Instruction: [the instruction]

Texts:
#### Text 1
[text 1]
#### Text 2
[text 2]

### Output
#### Output for Text 1
{lines}

### Annotation

### Input
Instruction: Explain tides.

Texts:
#### Text 1
{first}

#### Text 2
{second}

#### Text 3
{third}

### Output
"""
PLAIN_LINES = "Rating: [1 to 5]\nRationale: [short]"
TYPE_LINES = f"Type: [numbers or None]\nRationale: [short]\n{PLAIN_LINES}"


def chat(text: str) -> list[dict[str, Any]]:
    return [{"role": "user", "content": text}]


def answer(text: str, **options: Any) -> str:
    return generate_text(chat(text), **{"model": "m", "seed": 0, **options})


def judged(lines: str, third: str = "The sun pulls a little, too.") -> list[str]:
    prompt = JUDGE.format(
        lines=lines, first="The moon pulls the sea.", second="### No idea.\nType: x", third=third
    )
    return answer(prompt).split("\n\n")


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


def test_judgement_has_one_block_for_each_text_of_the_last_run() -> None:
    blocks = judged(PLAIN_LINES)
    assert len(blocks) == 3
    for number, block in enumerate(blocks, start=1):
        assert re.fullmatch(
            rf"#### Output for Text {number}\nRating: [1-5]\nRationale: [^\n]+", block
        )


def test_judgement_with_types_has_two_rated_parts() -> None:
    blocks = judged(TYPE_LINES)
    assert len(blocks) == 3
    part = r"Rationale: [^\n]+\n"
    for block in blocks:
        assert re.fullmatch(
            rf"#### Output for Text \d\nType: (None|\d(, \d)*)\n{part}Rating: [1-5]\n{part}",
            block + "\n",
        )


@pytest.mark.parametrize("lines", [PLAIN_LINES, TYPE_LINES])
def test_an_empty_text_is_rated_1(lines: str) -> None:
    assert "Rating: 1\n" in judged(lines, third="")[2]


def test_ratings_differ_between_texts() -> None:
    ratings = {
        rating
        for number in range(60)
        for rating in re.findall(r"Rating: (\d)", "\n".join(judged(PLAIN_LINES, f"T{number}")))
    }
    assert ratings == {"1", "2", "3", "4", "5"}


def test_evolved_response_is_the_given_one_and_more() -> None:
    given = "Tides come from the moon.\n\nThey come twice a day."
    prompt = (
        "Rewrite the #Given Response#.\n#Given Prompt#:\nExplain tides.\n"
        f"#Given Response#:\n{given}\n\n#Rewritten Response#:\n"
    )
    text = answer(prompt)
    assert text.startswith(given + " ")
    assert "#" not in text


@pytest.mark.parametrize("heading", ["#Rewritten Prompt#:", "#Created Prompt#:"])
@pytest.mark.parametrize("given", ["#The Given Prompt#:", "#Given Prompt#:"])
def test_evolved_prompt_comes_under_its_heading(heading: str, given: str) -> None:
    text = answer(f"Make it harder.\n\n{given}\nExplain tides.\n\n{heading}\n")
    assert text.startswith(f"{heading}\nExplain tides. ")


def test_schema_wins_over_the_prompt() -> None:
    schema = {"type": "object", "properties": {"n": {"type": "integer"}}, "required": ["n"]}
    assert isinstance(json.loads(answer("Explain tides.", schema=schema))["n"], int)

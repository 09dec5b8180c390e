"""Protects that an answer has the format that its prompt asks for."""

import re

import pytest

from distilabel._simulated.answers.text import generate_text

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


def answer(text: str) -> str:
    return generate_text([{"role": "user", "content": text}], model="m", seed=0)


def judged(lines: str, third: str = "The sun pulls a little, too.") -> list[str]:
    prompt = JUDGE.format(
        lines=lines, first="The moon pulls the sea.", second="### No idea.\nType: x", third=third
    )
    return answer(prompt).split("\n\n")


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


@pytest.mark.parametrize(
    "turn", ["<|im_start|>user\n", "<|start_header_id|>user<|end_header_id|>\n\n"]
)
def test_a_user_message_is_written_where_it_is_the_users_turn(turn: str) -> None:
    prompt = f"<|im_start|>system\nYou know owls.<|im_end|>\n{turn}"
    assert len(answer(prompt)) < 120
    assert len(answer(f"{prompt}Hello!").split()) >= 20

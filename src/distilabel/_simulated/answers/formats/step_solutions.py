"""Solutions of math problems in steps, questions that have one, and answers on a last line."""

import random
import re

from distilabel._simulated import filler_text
from distilabel._simulated.answers.formats.base import Format, Prompt

_PROBLEM = re.compile(r"^## Problem\s+(.*?)\s+^## (?:First steps|Output format)", re.M | re.S)
_NUMBER = re.compile(r"^Write (\d+) different ", re.MULTILINE)
_STEP = re.compile(r"^Step (\d+):", re.MULTILINE)
_NUMERAL = re.compile(r"\d+")


def _wants_steps(prompt: Prompt) -> bool:
    return bool(_PROBLEM.search(prompt.last) and '"The answer is: "' in prompt.last)


def _write_solutions(prompt: Prompt) -> str:
    number = _NUMBER.search(prompt.last)
    count = int(number[1]) if number else 1
    return "\n---\n".join(_solution(prompt) for _ in range(count))


def _solution(prompt: Prompt) -> str:
    problem = _PROBLEM.search(prompt.last)
    assert problem is not None
    numbers = [int(found) for found in _NUMERAL.findall(problem[1])] or [1]
    given = _STEP.findall(prompt.last)
    step = int(given[-1]) if given else 0
    # Right mostly, so that labels of steps are of both kinds.
    total = sum(numbers) + (prompt.rng.random() < 0.3)
    lines = [
        f"Step {step + 1}: Take the numbers of the problem together: "
        f"{' + '.join(map(str, numbers))} = {total}.",
        f"Step {step + 2}: Nothing else has to be counted, so {total} remains.",
    ]
    return "\n".join([*lines, f"The answer is: {total}"])


# As `GenerateVerifiableQuestion` asks.
_SECTIONS = re.compile(r"^## Question\s+<question>\s+## Solution\s+<", re.MULTILINE)
_ANSWER_LINE = re.compile(r"\blast line that begins with \"The answer is: \"", re.IGNORECASE)


def _write_question(prompt: Prompt) -> str:
    thing = prompt.rng.choice(filler_text.topic_words(prompt.last.removeprefix("## Text")))
    numbers = [prompt.rng.randint(11, 89) for _ in range(3)]
    total = sum(numbers)
    shown = f"{numbers[0]}, then {numbers[1]} and in the end {numbers[2]}"
    parts = [
        f"## Question\n\nA notebook lists the {thing} of a week: {shown}. What is their number?",
        f"## Solution\n\nStep 1: {' + '.join(map(str, numbers))} = {total}.",
        f"## Answer\n\n{total}",
    ]
    if "## Verifier" in prompt.text:
        parts.append("## Verifier\n\nmath")
    return "\n\n".join(parts)


def _write_final_answer(prompt: Prompt) -> str:
    numbers = [int(found) for found in _NUMERAL.findall(prompt.last)[:50]] or [1]
    # How often it is right depends on the question alone.
    skill = random.Random(prompt.last).random()
    total = sum(numbers) + (prompt.rng.random() > skill) * prompt.rng.randint(1, 9)
    return f"I add {' + '.join(map(str, numbers))}.\nThe answer is: {total}"


FORMATS = (
    Format(_wants_steps, _write_solutions),
    Format(lambda prompt: bool(_SECTIONS.search(prompt.text)), _write_question),
    Format(lambda prompt: bool(_ANSWER_LINE.search(prompt.text)), _write_final_answer),
)

"""Solutions of math problems in steps, as the Math-Shepherd tasks ask for them."""

import re

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


FORMATS = (Format(_wants_steps, _write_solutions),)

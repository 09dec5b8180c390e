"""Reads the instruction out of what a model wrote for `EvolInstruct`."""

from __future__ import annotations

import re
from typing import Final

from distilabel.steps.tasks.answer_fields import judge_answer, strip_markup

_HEADING: Final = re.compile(
    # As asked for, or on a line of its own in any markup.
    r"Prompt#:[*_]*"
    r"|^[ \t*_#>]*(?:the[ \t]+)?(?:rewritten|created|new)[ \t]+prompt[ \t*_#]*(?::[ \t*_#]*|$)",
    re.IGNORECASE | re.MULTILINE,
)
_INTRODUCTION: Final = re.compile(
    r"\A\W{0,4}(?:(?:sure|certainly|of course|absolutely|okay)\b\W{0,3})?"
    r"(?:here(?: is|'s)|below is)\b[^\n]{0,80}\b(?:prompt|version|instruction|question|request)"
    r"\b[^\n]{0,40}:[*_ \t]*\n+(?=\S)",
    re.IGNORECASE,
)


def read_instruction(output: str) -> str:
    """Returns the instruction that a model wrote.

    It is what follows the last heading `#Rewritten Prompt#:` or `#Created Prompt#:`, or the whole
    answer without one.

    Args:
        output: Text of the model.

    Raises:
        ValueError: If there is no instruction.
    """
    answer = judge_answer(output)
    headings = [*_HEADING.finditer(answer)]
    starts = [heading.end() for heading in headings] or [0]
    ends = [*(heading.start() for heading in headings[1:]), len(answer)]
    for start, end in reversed([*zip(starts, ends, strict=True)]):
        part = _INTRODUCTION.sub("", answer[start:end].strip())
        instruction = strip_markup(judge_answer(part)) if part else ""
        if re.search(r"\w", instruction):
            return instruction
    raise ValueError("there is no instruction in it")

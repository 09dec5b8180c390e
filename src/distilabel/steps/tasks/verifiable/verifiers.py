"""Verifiers: functions that say whether a model's answer is right."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable
from typing import Any, Final

from distilabel._sandbox.sandbox import Limits, run_code
from distilabel.models.wire.reasoning import split_reasoning
from distilabel.steps.tasks.verifiable.final_answer import final_answer, same_value

Verifier = Callable[[str, Any], bool]
"""Takes the model's text and the ground truth, and returns whether the text is right."""

_CODE: Final = re.compile(
    r"```(?:python|py|python3)?[ \t]*\r?\n(.*?)```", re.DOTALL | re.IGNORECASE
)
# The sign of a number is part of it.
_SIGN: Final = re.compile(r"(?<![\w)])[-\u2212](?=\d)")
_ARTICLES: Final = re.compile(r"\b(?:a|an|the)\b")


def verify_math(answer: str, truth: Any) -> bool:
    """Compares the final answer with the truth as numbers: `1,200.0`, `1200`, `2400/2` are equal.

    What is not a number is compared as text without spaces and LaTeX. Expressions are not
    simplified.

    Args:
        answer: Text of the model.
        truth: Right answer, a number or a text, which may be a whole solution.
    """
    return same_value(final_answer(answer), final_answer(str(truth)))


def verify_exact(answer: str, truth: Any) -> bool:
    """Compares the final answer with the truth, character by character but for spaces around it.

    Args:
        answer: Text of the model.
        truth: Right answer.
    """
    return final_answer(answer) == str(truth).strip()


def verify_text(answer: str, truth: Any) -> bool:
    """Compares the final answer with the truth without case, punctuation and English articles.

    Args:
        answer: Text of the model.
        truth: Right answer, or a list of right answers.
    """
    truths = truth if isinstance(truth, (list, tuple)) else [truth]
    words = _words(final_answer(answer))
    return bool(words) and any(words == _words(str(each)) for each in truths)


def verify_code(answer: str, truth: Any) -> bool:
    """Runs the code in an answer and then tests, in the sandbox.

    The tests run in the same process as the code, so that code that means to deceive can: the
    sandbox protects the machine, not the verdict.

    Args:
        answer: Text of the model; the code is the last Python block, or all of it without one.
        truth: Tests as Python code that raises if one fails, such as `assert add(1, 2) == 3`.
    """
    text = split_reasoning(answer)[1] or ""
    blocks = _CODE.findall(text)
    source = blocks[-1] if blocks else text
    return bool(source.strip()) and run_code(source, then=str(truth), limits=Limits()).ok


VERIFIERS: Final[dict[str, Verifier]] = {
    "math": verify_math,
    "exact": verify_exact,
    "text": verify_text,
    "code": verify_code,
}


def _words(text: str) -> list[str]:
    text = _SIGN.sub("minus ", unicodedata.normalize("NFKC", text).casefold())
    text = "".join(" " if unicodedata.category(char)[0] in "PS" else char for char in text)
    return _ARTICLES.sub(" ", text).split()

"""The verifiers, each on what is right and on what only looks right."""

from __future__ import annotations

from typing import Any

import pytest

from distilabel._sandbox.sandbox import missing_mechanism
from distilabel.steps.tasks.verifiable.verifiers import (
    verify_code,
    verify_exact,
    verify_math,
    verify_text,
)


def test_a_truth_may_be_a_whole_solution() -> None:
    assert verify_math("Step 1: add.\nThe answer is: 7", "3 + 4 = 7\n#### 7")
    assert verify_math("7", 7)
    assert verify_math("7", 7.0)


@pytest.mark.parametrize(
    ("answer", "truth", "right"),
    [
        ("Paris", "paris", True),
        ("The answer is: The Eiffel Tower!", "eiffel tower", True),
        ("New  York", ["NYC", "New York"], True),
        ("\uff30aris", "Paris", True),
        ("Paris or Lyon", "Paris", False),
        ("-7", "7", False),
        ("well-known", "well known", True),
        ("", "", False),
        ("the", "the", False),
    ],
)
def test_text(answer: str, truth: Any, right: bool) -> None:
    assert verify_text(answer, truth) is right


def test_exact() -> None:
    assert verify_exact("The answer is: Paris", " Paris ")
    assert not verify_exact("paris", "Paris")


GOOD = "def add(a, b):\n    return a + b\n"


@pytest.mark.skipif(missing_mechanism() is not None, reason=str(missing_mechanism()))
@pytest.mark.parametrize(
    ("answer", "right"),
    [
        (f"```python\n{GOOD}```", True),
        (f"Here:\r\n```py\r\n{GOOD}```\r\nDone.", True),
        (f"```python\nimport nothing\n```\nBetter:\n```python\n{GOOD}```", True),
        (f"<think>```python\nraise\n```</think>\n\n{GOOD}", True),
        (GOOD.replace("+", "-"), False),
        ("import os; os._exit(0)", False),
        ("raise SystemExit(0)", False),
        ("while True: pass", False),
        ("I cannot do that.", False),
        ("", False),
    ],
)
def test_code(answer: str, right: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    from distilabel._sandbox.sandbox import Limits
    from distilabel.steps.tasks.verifiable import verifiers

    monkeypatch.setattr(verifiers, "Limits", lambda: Limits(seconds=2))
    assert verify_code(answer, "assert add(1, 2) == 3") is right

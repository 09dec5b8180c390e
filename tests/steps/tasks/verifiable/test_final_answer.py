"""The final answer in what a model wrote, and numbers that are equal by their value."""

from __future__ import annotations

import pytest

from distilabel.steps.tasks.verifiable.final_answer import final_answer, same_value


@pytest.mark.parametrize(
    ("text", "answer"),
    [
        ("42", "42"),
        ("The answer is: 42", "42"),
        ("the final answer is 42.", "42"),
        ("**Answer:** 42", "42"),
        ("**Final Answer**: **42**", "42"),
        ("#### 42", "42"),
        ("So 6 * 7 = 42.\n\n#### 42\n", "42"),
        (r"Thus \boxed{42}.", "42"),
        (r"\boxed{1} no, \boxed{\frac{1}{2}}", r"\frac{1}{2}"),
        (r"\boxed{4", r"\boxed{4"),
        ("I think 41. The answer is 41. Wait.\nThe answer is 42", "42"),
        ("Step 1: x\r\nThe answer is: 42\r\n", "42"),
        ("<think>The answer is: 41</think>\n\n42", "42"),
        ("<think>The answer is: 41", ""),
        ("Reasons.\n\n42", "42"),
        ("The answer is:\n\n42\nbecause.", "42"),
        ("The answer is: ", "The answer is:"),
        ("", ""),
    ],
)
def test_final_answer(text: str, answer: str) -> None:
    assert final_answer(text) == answer


@pytest.mark.parametrize(
    ("answer", "truth"),
    [
        ("42", "42.0"),
        ("1,200", "1200"),
        ("1{,}200", "1200"),
        ("1 200", "1200"),
        ("$1,200.50", "1200.5"),
        ("-5", "\u22125"),
        (r"\frac{1}{2}", "0.5"),
        (r"\dfrac{3}{4}", "3/4"),
        ("6/8", "3/4"),
        ("1 1/2", "1.5"),
        ("-1 1/2", "-1.5"),
        ("50%", "50"),
        ("50%", "0.5"),
        ("0.5", "50%"),
        (r"50\%", "50 percent"),
        ("18 rolls", "18"),
        (r"18\text{ cm}", "18"),
        ("5 km/h", "5"),
        ("x = 5", "5"),
        ("3e2", "300"),
        (r"3 \times 10^2", "300"),
        ("3 * 10^{-1}", "0.3"),
        ("0.3333333", "1/3"),
        ("\u0664\u0662", "42"),
        ("(A)", "( a )"),
        ("x^2 + 1", "x^2+1"),
        (r"\(2\sqrt{3}\)", r"2\sqrt{3}"),
        (".5", "0.5"),
    ],
)
def test_equal(answer: str, truth: str) -> None:
    assert same_value(answer, truth)
    assert same_value(truth, truth)


@pytest.mark.parametrize(
    ("answer", "truth"),
    [
        ("43", "42"),
        ("-42", "42"),
        ("42.5", "42"),
        ("420", "42"),
        ("4 2", "42"),
        ("42 or 43", "42"),
        ("not 42", "42"),
        ("2x", "2"),
        ("5000%", "50%"),
        ("0.33", "1/3"),
        ("1/0", "0"),
        ("", ""),
        ("", "42"),
        ("1,2", "12"),
        ("1e999999999", "1e999999998"),
        ("9" * 5000, "42"),
        ("3 of 42", "3/42"),
    ],
)
def test_not_equal(answer: str, truth: str) -> None:
    assert not same_value(answer, truth)

"""Protects that a task whose code returns the wrong thing is told so, and asks no more for it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from distilabel.errors import DistilabelTypeError
from distilabel.pipeline import Pipeline
from distilabel.steps.tasks.return_checks import OutputShapeError, check_columns, check_prompt
from rooms import Ask, Echo, Numbers, rows_of

CHAT = [{"role": "user", "content": "a"}]


@pytest.mark.parametrize(
    "prompt", [CHAT, (CHAT, {"format": "json"}), "a text to complete", [], {"image": "x"}, 3]
)
def test_what_may_be_a_prompt_of_some_model_is_left_alone(prompt: Any) -> None:
    check_prompt("t", prompt)


@pytest.mark.parametrize(
    ("prompt", "said"),
    [
        (None, "None"),
        (["a"], r"a list with a str \('a'\), which is not a message"),
        ([{"content": "a"}], "a list with a dict"),
        ([CHAT], "a list with a list"),
        ({"role": "user", "content": "a"}, "one message instead of a list"),
        ((None, {"format": "json"}), "None"),
    ],
)
def test_what_is_no_prompt_is_named(prompt: Any, said: str) -> None:
    with pytest.raises(DistilabelTypeError, match=f"t: format_input returned {said}"):
        check_prompt("t", prompt)


@pytest.mark.parametrize(
    ("columns", "said"),
    [
        (None, "returned None. It must return a dict with the columns 'a', 'b'"),
        ("text", r"returned a str \('text'\)"),
        ([{"a": 1, "b": 2}], "returned a list"),
        ({}, "returned no 'a', 'b', which `outputs` promises; it returned an empty dict"),
        ({"a": 1, "c": 2}, "returned no 'b', which `outputs` promises; it returned 'a', 'c'"),
    ],
)
def test_what_are_no_columns_is_named(columns: Any, said: str) -> None:
    with pytest.raises(OutputShapeError, match=f"format_output {said}"):
        check_columns(columns, ["a", "b", "model_name"])


def test_optional_columns_may_be_missing() -> None:
    check_columns({"a": 1, "more": 2}, {"a": True, "b": False, "model_name": True})


@pytest.mark.parametrize("returned", [None, ["x"], {}, {"other": 1}])
def test_a_row_whose_columns_are_wrong_fails_in_words_and_is_paid_for_once(
    returned: Any, tmp_path: Path
) -> None:
    class Wrong(Ask):
        def format_output(self, output: Any, input: Any = None) -> Any:
            return returned

    llm = Echo()
    with Pipeline(name="p", cache_dir=tmp_path) as pipeline:
        Numbers(count=2) >> Wrong(name="ask", llm=llm)
    distiset = pipeline.run()
    assert len(llm.asked) == 2
    assert all("format_output returned" in failure["message"] for failure in distiset.failures)
    assert [row["answer"] for row in rows_of(distiset)] == [None, None]
    assert len(distiset.failures) == 2


def test_a_row_whose_prompt_is_wrong_is_not_paid_for(tmp_path: Path) -> None:
    class Wrong(Ask):
        def format_input(self, input: Any) -> Any:
            return [input["text"]]

    llm = Echo()
    with Pipeline(name="p", cache_dir=tmp_path) as pipeline:
        Numbers(count=2) >> Wrong(name="ask", llm=llm)
    distiset = pipeline.run()
    assert llm.asked == []
    assert "ask: format_input returned a list with a str" in distiset.failures[0]["message"]

"""Protects the merging of several calls into one output per question."""

from __future__ import annotations

from typing import Any

from distilabel.models.llms import base
from distilabel.models.outputs import merge_responses, read_output


def test_outputs_of_several_calls_become_one() -> None:
    outputs: Any = [
        {"generations": [text], "statistics": {"output_tokens": [1]}, "more": [text * 2]}
        for text in "abcd"
    ]
    assert merge_responses(outputs, 2) == [
        {"generations": ["a", "b"], "statistics": {"output_tokens": [1, 1]}, "more": ["aa", "bb"]},
        {"generations": ["c", "d"], "statistics": {"output_tokens": [1, 1]}, "more": ["cc", "dd"]},
    ]


def test_what_only_some_calls_give_stays_with_its_generation() -> None:
    plain: Any = {"generations": ["a"], "statistics": {"output_tokens": [1]}}
    thought: Any = {
        "generations": ["b"],
        "statistics": {"output_tokens": [2], "reasoning_tokens": [1]},
        "reasoning": ["hm"],
    }
    assert merge_responses([plain, thought, plain], 3) == [
        {
            "generations": ["a", "b", "a"],
            "statistics": {"output_tokens": [1, 2, 1], "reasoning_tokens": [None, 1, None]},
            "reasoning": [None, "hm", None],
        }
    ]


def test_it_is_still_found_where_1_5_3_had_it() -> None:
    assert base.merge_responses is merge_responses


def test_a_stored_output_is_read_unless_it_is_damaged() -> None:
    assert read_output(b'{"generations": ["a", null]}') == {"generations": ["a", None]}
    for damaged in (b"", b"7", b"{}", b'{"generations": {}}', b'{"generations": ["a"], "stat'):
        assert read_output(damaged) is None

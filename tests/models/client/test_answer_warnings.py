"""Protects the warnings about questionable answers: each kind is logged once."""

from __future__ import annotations

from typing import Any

import pytest

from distilabel.models.client.answer_warnings import AnswerWarnings


@pytest.mark.parametrize(
    ("text", "statistics", "words"),
    [
        ("cut", {"finish_reason": ["length"]}, "cut off at max_new_tokens"),
        ("cut", {"finish_reason": [None, "content_filter"]}, "content filter"),
        ("", {}, "empty text"),
    ],
)
def test_each_kind_is_logged_once(
    text: str, statistics: Any, words: str, caplog: pytest.LogCaptureFixture
) -> None:
    warnings = AnswerWarnings("step", "model")
    for _ in range(3):
        warnings.check({"generations": [text], "statistics": statistics})
    (message,) = caplog.messages
    assert message.startswith("step: an answer of model")
    assert words in message


@pytest.mark.parametrize("statistics", [None, {}, {"finish_reason": ["tool_calls", None]}])
def test_a_complete_answer_is_not_logged(statistics: Any, caplog: pytest.LogCaptureFixture) -> None:
    AnswerWarnings("", "model").check({"generations": ["text", None], "statistics": statistics})
    assert caplog.messages == []

"""`is_openai_format`: conversations, and data that only looks like one."""

from __future__ import annotations

from typing import Any

import pytest

from distilabel.utils.chat import is_openai_format


def test_conversations() -> None:
    assert is_openai_format([{"role": "user", "content": "x"}])
    assert is_openai_format([{"role": "user", "content": [{"type": "text", "text": "x"}]}])


@pytest.mark.parametrize(
    "data",
    [
        "x",
        None,
        {"role": "user", "content": "x"},
        ["x"],
        [{"role": "user"}],
        [{"role": "nobody", "content": "x"}],
        [{"role": "user", "content": None}],
    ],
)
def test_other_data(data: Any) -> None:
    assert not is_openai_format(data)

"""Protects surrogates: unpaired ones are replaced the same way everywhere, nothing else is."""

from __future__ import annotations

from typing import Any

import pytest

from distilabel._core.surrogates import replace_surrogates


@pytest.mark.parametrize(
    ("value", "whole"),
    [
        ("plain", "plain"),
        ("a \ud83d b", "a \ufffd b"),
        ("\udc00\ud800", "\ufffd\ufffd"),
        ("\ud83e\udd89", "\U0001f989"),
        ("\U0001f989", "\U0001f989"),
        ({"\ud800": ["\ud800", ("\ud800", 1)]}, {"\ufffd": ["\ufffd", ("\ufffd", 1)]}),
        (None, None),
        (b"\xff", b"\xff"),
    ],
)
def test_unpaired_surrogates_are_replaced(value: Any, whole: Any) -> None:
    assert replace_surrogates(value) == whole

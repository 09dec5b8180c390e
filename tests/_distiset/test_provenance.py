"""Protects `Distiset.trace`: it tells what made a value, and no more than it knows."""

from __future__ import annotations

from typing import Any

import pytest

from distilabel._distiset.provenance import trace
from distilabel.errors import DistilabelUserError

ASKED = [{"model": "m", "prompt": "p", "answer": "a"}]
ROW = {
    "distilabel_provenance": {
        "columns": {"text": "write@0123456789ab", "n": "load@ff", "other": None},
        "steps": {"write": {"model": "m", "asked": ASKED}},
    }
}
FACTS: dict[str, Any] = {
    "steps": {
        "write": {"signature": "0123456789abcdef", "parameters": {"t": 1}},
        "load": {"signature": "00", "parameters": {}},
    }
}


def test_a_value_is_traced() -> None:
    assert trace(ROW, "text", FACTS) == {
        "step": "write",
        "model": "m",
        "parameters": {"t": 1},
        "asked": ASKED,
    }
    # Of another run: its parameters are not those of this one.
    assert trace(ROW, "n", FACTS)["parameters"] == "ff"
    assert trace(ROW, "text", {})["parameters"] == "0123456789ab"
    unknown: dict[str, Any] = {"step": None, "model": None, "parameters": None, "asked": []}
    assert trace(ROW, "other", FACTS) == unknown


def test_what_cannot_be_traced_is_told() -> None:
    with pytest.raises(DistilabelUserError, match="provenance=True"):
        trace({"text": "a"}, "text", FACTS)
    with pytest.raises(DistilabelUserError, match="no column 'missing'"):
        trace(ROW, "missing", FACTS)

"""Protects SPIN pairs: the reference is chosen, the model's own answer rejected."""

from __future__ import annotations

from typing import Any

import pytest

from distilabel.steps.formatting.spin import FormatSPIN


def pairs(**row: Any) -> list[dict[str, Any]]:
    return next(FormatSPIN(conversational=False).process([{"instruction": "i", **row}]))


def test_the_reference_is_chosen() -> None:
    (made,) = pairs(reference="r", generation="g")
    assert (made["prompt"], made["chosen"], made["rejected"]) == ("i", "r", "g")


@pytest.mark.parametrize(("reference", "generation"), [("a", "a"), (None, "a"), ("a", None)])
def test_a_row_without_a_difference_is_dropped(reference: Any, generation: Any) -> None:
    assert pairs(reference=reference, generation=generation) == []

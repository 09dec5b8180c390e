"""The guess of roles shows people the texts and hides what judges and models say."""

from __future__ import annotations

from typing import Any

import pyarrow as pa
import pytest

from distilabel.review.rows.columns import ColumnRoles, guess_roles
from reviewing import preference_rows

CHAT = [{"role": "user", "content": "Hi"}]


def _roles(row: dict[str, Any]) -> ColumnRoles:
    return guess_roles(pa.Table.from_pylist([row]).schema, [row])


def test_preferences_show_instruction_and_generations_only() -> None:
    [row] = preference_rows(1)
    roles = _roles({**row, "rationales": ["a", "b"], "distilabel_metadata": {"raw": "x"}})
    assert roles.task == "generations"
    # `topic` is a text of the row; it is shown and can be filtered by.
    assert set(roles.shown) == {"instruction", "generations", "topic"}
    assert roles.judged(row) == {
        "ratings": row["ratings"],
        "models": row["generation_models"],
    }
    assert {"id", "ratings", "topic", "generation_models"} <= set(roles.facts)


@pytest.mark.parametrize(
    ("row", "task", "candidates"),
    [
        ({"prompt": "p", "chosen": CHAT, "rejected": CHAT}, "pair", ("chosen", "rejected")),
        ({"instruction": "i", "generation": "g"}, "generation", ("generation",)),
        ({"text": "t", "labels": ["a"]}, "text", ("text",)),
        ({"prompt": "p", "answer": "a", "model_name": "m"}, "generation", ("answer",)),
    ],
)
def test_tasks(row: dict[str, Any], task: str, candidates: tuple[str, ...]) -> None:
    roles = _roles(row)
    assert (roles.task, roles.candidates) == (task, candidates)


def test_a_pair_hides_which_one_was_chosen() -> None:
    row = {
        "prompt": "p",
        "chosen": CHAT,
        "rejected": CHAT,
        "chosen_rating": 5.0,
        "rejected_rating": 1.0,
        "chosen_model": "a",
        "rejected_model": "b",
    }
    roles = _roles(row)
    assert roles.judged(row) == {"ratings": [5.0, 1.0], "models": ["a", "b"]}
    assert not any(name.endswith(("_model", "_rating")) for name in roles.shown)


def test_long_texts_and_embeddings_are_no_facts() -> None:
    roles = _roles({"instruction": "long " * 50, "embedding": [0.5] * 64, "n": 3, "ok": True})
    assert roles.facts == ("n", "ok")

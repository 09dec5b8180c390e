"""Protects that rows a trainer would reject are named, with their place and the cure."""

from __future__ import annotations

from typing import Any

import pytest
from datasets import Dataset, DatasetDict

from distilabel.distiset import Distiset
from distilabel.errors import DistilabelUserError
from distilabel.steps import FormatTextGenerationDPO

U = [{"role": "user", "content": "q"}]
A = [{"role": "assistant", "content": "a"}]


def problems(trainer: str, rows: list[dict[str, Any]]) -> list[tuple[Any, Any, str]]:
    dataset = Distiset(default=DatasetDict(train=Dataset.from_list(rows)))
    return [(each.row, each.column, each.message) for each in dataset.validate(trainer)]


@pytest.mark.parametrize(
    ("trainer", "row"),
    [
        ("sft", {"messages": U + A}),
        ("sft", {"prompt": U, "completion": A}),
        ("sft", {"prompt": "q", "completion": "a"}),
        ("sft", {"text": "q a"}),
        ("dpo", {"prompt": U, "chosen": A, "rejected": A}),
        ("dpo", {"chosen": U + A, "rejected": U + A}),
        ("orpo", {"prompt": "q", "chosen": "a", "rejected": "b"}),
        ("reward", {"chosen": "q a", "rejected": "q b", "margin": 1.0}),
        ("kto", {"prompt": U, "completion": A, "label": True}),
        ("kto", {"prompt": U, "chosen": A, "rejected": A}),
        ("grpo", {"prompt": U, "ground_truth": "4"}),
        ("rloo", {"prompt": "q"}),
    ],
)
def test_what_a_trainer_accepts_has_no_problem(trainer: str, row: dict[str, Any]) -> None:
    assert problems(trainer, [row, row]) == []


def test_the_columns_of_version_1_are_rejected_by_dpo_with_the_cure() -> None:
    row = {"instruction": "q", "generations": ["a", "b"], "ratings": [5, 1]}
    rows = next(FormatTextGenerationDPO().process([row]))
    ((number, column, message),) = problems("dpo", rows)
    assert (number, column) == (0, "prompt")
    assert message == (
        "'prompt' is a text, but 'chosen' is a list of messages. Use FormatPreference, or remove "
        "the column 'prompt' if the conversations begin with it."
    )


def test_the_columns_of_version_1_are_rejected_by_sft_with_the_cure() -> None:
    assert problems("sft", [{"prompt": "q", "messages": U + A}]) == [
        (
            None,
            "prompt",
            "has 'prompt' beside 'messages', which makes the trainer look for other columns. "
            "Remove 'prompt'.",
        )
    ]


def test_the_row_is_named_also_behind_the_first_thousand() -> None:
    rows: list[dict[str, Any]] = [{"prompt": "q", "chosen": "a", "rejected": "b"}] * 1_500
    rows = [*rows, {"prompt": "q", "chosen": None, "rejected": "b"}]
    assert problems("dpo", rows) == [(1_500, "chosen", "'chosen' is missing")]


@pytest.mark.parametrize(
    ("trainer", "row", "text"),
    [
        ("sft", {"messages": U}, "the last message is of the role 'user'"),
        ("sft", {"messages": None}, "not a list of messages"),
        ("sft", {"text": ""}, "'text' is missing"),
        ("dpo", {"prompt": [], "chosen": A, "rejected": A}, "empty list of messages"),
        ("dpo", {"chosen": "a", "rejected": 1}, "'rejected' is of the type int"),
        ("kto", {"prompt": "q", "completion": "a", "label": 1}, "'label' is 1"),
        ("kto", {"prompt": "q", "completion": A, "label": True}, "Use FormatPreference"),
        ("grpo", {"prompt": U + A}, "the last message is the assistant's"),
        ("sft", {"question": "q"}, "needs 'prompt' and 'completion', or 'messages', or 'text'"),
    ],
)
def test_what_a_trainer_rejects_is_said(trainer: str, row: dict[str, Any], text: str) -> None:
    (found,) = problems(trainer, [row])
    assert text in found[2]


def test_a_problem_reads_well() -> None:
    dataset = Distiset(train_set=Dataset.from_list([{"text": None}]))
    assert str(dataset.validate("SFT")[0]) == "train_set/train row 0: 'text' is missing"


def test_an_unknown_trainer_is_an_error() -> None:
    with pytest.raises(DistilabelUserError, match=r"'ppo' is not known. Use one of sft, dpo"):
        Distiset().validate("ppo")

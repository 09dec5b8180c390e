"""Splits the datasets of a distiset for training and testing."""

from __future__ import annotations

from typing import TYPE_CHECKING

from distilabel.errors import DistilabelUserError

if TYPE_CHECKING:
    from datasets import DatasetDict

    from distilabel._distiset.protocol import DistisetLike


def train_test_split(
    distiset: DistisetLike, train_size: float, shuffle: bool, seed: int | None
) -> dict[str, DatasetDict]:
    """Returns each dataset, or its split `train`, as `train` and `test`.

    Args:
        distiset: Datasets, which do not change.
        train_size: Share of the rows that stay in `train`, between 0 and 1.
        shuffle: Whether to shuffle the rows first.
        seed: Seed for shuffling.

    Raises:
        DistilabelUserError: A configuration has no split `train`.
    """
    from datasets import DatasetDict

    result = {}
    for name, dataset in distiset.items():
        splits = dict(dataset) if isinstance(dataset, DatasetDict) else {"train": dataset}
        if "train" not in splits:
            raise DistilabelUserError(
                f"The configuration {name!r} has no split 'train', only: {', '.join(splits)}."
            )
        parts = splits["train"].train_test_split(train_size=train_size, shuffle=shuffle, seed=seed)
        result[name] = DatasetDict({**splits, **parts})
    return result

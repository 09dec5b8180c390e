"""`DistilabelDatasetCard`: the dataset card of a generated dataset."""

from __future__ import annotations

from pathlib import Path
from typing import Final

from huggingface_hub import DatasetCard

_SIZES: Final = ("1K", "10K", "100K", "1M", "10M", "100M", "1B", "10B", "100B", "1T")


class DistilabelDatasetCard(DatasetCard):
    """A `huggingface_hub.DatasetCard` that describes how the dataset was generated."""

    default_template_path = Path(__file__).parent / "dataset_card.md.jinja"


def size_categories_parser(input_size: int) -> str:
    """Returns the Hub's size category of a dataset.

    Args:
        input_size: Number of rows.

    Returns:
        Size category, such as `"n<1K"` or `"1K<n<10K"`; upper bounds are exclusive.
    """
    for i, name in enumerate(_SIZES):
        if input_size < 10 ** (i + 3):
            return f"{_SIZES[i - 1]}<n<{name}" if i else f"n<{name}"
    return f"n>{_SIZES[-1]}"

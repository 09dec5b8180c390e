"""`DistilabelDatasetCard`: the card of a dataset made here, on a template of its own."""

from __future__ import annotations

from pathlib import Path
from typing import Final

from huggingface_hub import DatasetCard

_STEPS: Final = ("1K", "10K", "100K", "1M", "10M", "100M", "1B", "10B", "100B", "1T")


class DistilabelDatasetCard(DatasetCard):
    """A `huggingface_hub.DatasetCard` that tells how the dataset was made."""

    default_template_path = Path(__file__).parent / "dataset_card.md.jinja"


def size_categories_parser(input_size: int) -> str:
    """The Hub's name for a size.

    Args:
        input_size: number of rows.

    Returns:
        Such as `"n<1K"` or `"1K<n<10K"`; upper bounds are exclusive.
    """
    for i, name in enumerate(_STEPS):
        if input_size < 10 ** (i + 3):
            return f"{_STEPS[i - 1]}<n<{name}" if i else f"n<{name}"
    return f"n>{_STEPS[-1]}"

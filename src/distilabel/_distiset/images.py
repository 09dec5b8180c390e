"""Converts columns of base64 text to `datasets.Image`."""

from __future__ import annotations

import base64
import binascii
from typing import TYPE_CHECKING, Any

from distilabel.errors import DistilabelUserError

if TYPE_CHECKING:
    from distilabel._distiset.protocol import DistisetLike


def decode_columns(distiset: DistisetLike, columns: list[str]) -> dict[str, Any]:
    """Returns the datasets with the given columns converted to images.

    Args:
        distiset: Datasets, which do not change.
        columns: Names of columns of base64 text, with or without a `data:` prefix.

    Raises:
        DistilabelUserError: No dataset has such a column, or a text is not valid base64.
    """
    from datasets import DatasetDict

    for column in columns:
        if not any(column in split.column_names for split in _splits(distiset)):
            raise DistilabelUserError(f"No configuration has a column {column!r}.")
    result: dict[str, Any] = {}
    for name, dataset in distiset.items():
        if isinstance(dataset, DatasetDict):
            result[name] = DatasetDict(
                {split: _with_images(rows, columns, name) for split, rows in dataset.items()}
            )
        else:
            result[name] = _with_images(dataset, columns, name)
    return result


def _splits(distiset: DistisetLike) -> list[Any]:
    return [
        split
        for dataset in distiset.values()
        for split in (dataset.values() if isinstance(dataset, dict) else [dataset])
    ]


def _with_images(dataset: Any, columns: list[str], name: str) -> Any:
    from datasets import Features, Image, Value

    present = [column for column in columns if column in dataset.column_names]
    if not present:
        return dataset

    def decode(batch: dict[str, list[Any]]) -> dict[str, list[Any]]:
        return {column: [_decode(t, name, column) for t in batch[column]] for column in present}

    # Without explicit types, a column that contains only None would have none.
    raw = {"bytes": Value("binary"), "path": Value("string")}
    features = Features({**dataset.features, **dict.fromkeys(present, raw)})
    dataset = dataset.map(decode, batched=True, batch_size=100, features=features)
    for column in present:
        dataset = dataset.cast_column(column, Image())
    return dataset


def _decode(text: str | None, name: str, column: str) -> dict[str, Any] | None:
    if text is None:
        return None
    try:
        data = base64.b64decode(text.partition(",")[2] if text.startswith("data:") else text)
    except (binascii.Error, ValueError, AttributeError) as error:
        raise DistilabelUserError(
            f"The column {column!r} of the configuration {name!r} contains a value that is not "
            f"valid base64: {error}"
        ) from error
    return {"bytes": data, "path": None}

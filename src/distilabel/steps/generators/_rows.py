"""Reads the rows of a `datasets` dataset, streaming or not."""

from __future__ import annotations

from contextlib import closing
from typing import Any, Iterator


def column_names(dataset: Any) -> list[str]:
    """Returns the columns; for a stream with unknown columns, the keys of its first row."""
    names = dataset.column_names
    if names is None:
        # Closed at once: a reader that is left in the middle may end the process at its exit.
        with closing(iter(dataset)) as rows:
            names = next(rows, {})
    return list(names)


def batches(
    dataset: Any, size: int, offset: int, limit: int | None
) -> Iterator[tuple[list[dict[str, Any]], bool]]:
    """Yields rows as plain dicts.

    Args:
        dataset: `Dataset` or `IterableDataset`.
        size: Rows per batch.
        offset: Rows to skip at the start.
        limit: Rows after which to stop, including skipped ones; None for no limit.

    Yields:
        A list of rows, and whether it is the last. If there are no rows, one empty list.
    """
    if hasattr(dataset, "__len__"):
        end = len(dataset) if limit is None else min(limit, len(dataset))
        # `select` rejects an empty range at the end of the dataset.
        dataset = dataset.select(range(offset, end) if offset < end else [])
    else:
        dataset = dataset if limit is None else dataset.take(limit)
        dataset = dataset.skip(offset) if offset else dataset

    # A stream does not tell which batch is the last, so each one is held until the next arrives.
    held: list[dict[str, Any]] | None = None
    for batch in dataset.iter(batch_size=size):
        if held is not None:
            yield held, False
        names = list(batch)
        held = [dict(zip(names, row, strict=True)) for row in zip(*batch.values(), strict=True)]
    yield held or [], True

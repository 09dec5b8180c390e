"""The rows of a dataset of `datasets`, streaming or not. Knows not where the dataset is from."""

from __future__ import annotations

from typing import Any, Iterator


def column_names(dataset: Any) -> list[str]:
    """The columns; of a stream that does not know them, the keys of its first row."""
    names = dataset.column_names
    return list(next(iter(dataset), {}) if names is None else names)


def batches(
    dataset: Any, size: int, offset: int, limit: int | None
) -> Iterator[tuple[list[dict[str, Any]], bool]]:
    """Gives rows as plain dicts.

    Args:
        dataset: a `Dataset` or an `IterableDataset`.
        size: rows in a batch.
        offset: rows to leave out at the beginning.
        limit: rows after which to stop, those left out included; None for no limit.

    Yields:
        A list of rows, and whether it is the last; an empty one if there are no rows.
    """
    if hasattr(dataset, "__len__"):
        end = len(dataset) if limit is None else min(limit, len(dataset))
        # `select` refuses a range that begins at the end.
        dataset = dataset.select(range(offset, end) if offset < end else [])
    else:
        dataset = dataset if limit is None else dataset.take(limit)
        dataset = dataset.skip(offset) if offset else dataset

    # A stream does not say which batch is its last: each waits until the next one is there.
    ready: list[dict[str, Any]] | None = None
    for batch in dataset.iter(batch_size=size):
        if ready is not None:
            yield ready, False
        names = list(batch)
        ready = [dict(zip(names, row, strict=True)) for row in zip(*batch.values(), strict=True)]
    yield ready or [], True

"""Splits iterables into groups."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import islice, zip_longest
from typing import Any, List, Literal, Tuple, TypeVar

_T = TypeVar("_T")


def batched(iterable: Iterable[_T], n: int) -> Iterator[List[_T]]:
    """Iterates over lists of items, of which the last may be shorter.

    Args:
        iterable: The items.
        n: Number of items in a list.

    Raises:
        ValueError: `n` is less than 1.
    """
    if n < 1:
        raise ValueError(f"batched: n must be at least 1 (n={n}).")
    items = iter(iterable)
    while batch := list(islice(items, n)):
        yield batch


def grouper(
    iterable: Iterable[_T],
    n: int,
    *,
    incomplete: Literal["fill", "strict", "ignore"] = "fill",
    fillvalue: Any = None,
) -> Iterator[Tuple[Any, ...]]:
    """Iterates over tuples of `n` items.

    Args:
        iterable: The items.
        n: Number of items in a tuple.
        incomplete: What to do with a last tuple that has too few items: `"fill"` it up, raise an
            error (`"strict"`), or `"ignore"` it.
        fillvalue: Item to fill it up with.

    Raises:
        ValueError: `incomplete` is unknown, or it is `"strict"` and the last tuple is too short.
    """
    items = [iter(iterable)] * n
    if incomplete == "fill":
        return zip_longest(*items, fillvalue=fillvalue)
    if incomplete == "strict":
        return zip(*items, strict=True)
    if incomplete == "ignore":
        return zip(*items, strict=False)
    raise ValueError(
        f"grouper: incomplete={incomplete!r} is unknown. Use 'fill', 'strict' or 'ignore'."
    )

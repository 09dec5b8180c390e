"""Copies of iterators stand where the originals stood, and leave them alone."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from distilabel._engine.calling.iterators import copy_iterator, iterator_position

MAKERS: dict[str, Callable[[], Iterator[Any]]] = {
    "list": lambda: iter([1, 2, 3, 4]),
    "reversed": lambda: reversed([1, 2, 3, 4]),
    "range": lambda: iter(range(4)),
    "dict": lambda: iter({"a": 1, "b": 2, "c": 3}),
    "count": lambda: itertools.count(3, 4),
    "cycle": lambda: itertools.cycle("abc"),
    "zip": lambda: zip(iter("abcd"), itertools.count(1)),
    "chain": lambda: itertools.chain([1], iter([2, 3])),
    "islice": lambda: itertools.islice(itertools.count(), 1, 9, 2),
    "enumerate": lambda: enumerate(iter("abcd")),
}


@pytest.mark.parametrize("name", MAKERS)
def test_a_copy_goes_on_where_the_iterator_stood(name: str) -> None:
    iterator, expected = MAKERS[name](), MAKERS[name]()
    assert next(iterator) == next(expected)
    before = iterator_position(iterator)
    copies = [copy_iterator(iterator) for _ in range(2)]
    assert iterator_position(iterator) == before
    rest = list(itertools.islice(expected, 2))
    for each in (*copies, iterator):
        assert list(itertools.islice(each, 2)) == rest
    assert iterator_position(iterator) != before


def test_what_a_cycle_has_kept_is_not_shared_with_its_copy() -> None:
    cycle = itertools.cycle(iter([1, 2, 3]))
    next(cycle)
    copied = copy_iterator(cycle)
    for each in (cycle, copied):
        assert list(itertools.islice(each, 7)) == [2, 3, 1, 2, 3, 1, 2]

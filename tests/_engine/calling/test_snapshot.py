"""A snapshot sees every change, also deep inside, and restores it in the same objects."""

from __future__ import annotations

import itertools
import random
import threading
from collections import deque
from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from distilabel._engine.calling.iterators import iterator_position
from distilabel._engine.calling.snapshot import Snapshot


class Plain:
    """Can be a key."""

    def __repr__(self) -> str:
        return f"Plain({vars(self)})"


class Slotted:
    __slots__ = ("a", "later")

    def __init__(self) -> None:
        self.a = 1


def iterate(made: Any) -> None:
    next(made["iterator"])


CHANGES: dict[str, tuple[Callable[[], Any], Callable[[Any], Any]]] = {
    "list": (lambda: [1], lambda v: v.append(2)),
    "a value of a list": (lambda: [1, 2], lambda v: v.__setitem__(0, 3)),
    "dict": (lambda: {"a": 1}, lambda v: v.update(b=2)),
    "order of a dict": (lambda: {"a": 1, "b": 2}, lambda v: v.update(a=v.pop("a"))),
    "nested": (lambda: {"a": [({1},)]}, lambda v: v["a"][0][0].add(2)),
    "key with an object": (
        lambda: {(Plain(),): 1},
        lambda v: setattr(next(iter(v))[0], "a", 1),
    ),
    "attribute": (lambda: SimpleNamespace(a=1), lambda v: setattr(v, "a", 2)),
    "new attribute": (lambda: SimpleNamespace(a=1), lambda v: setattr(v, "b", 2)),
    "removed attribute": (lambda: SimpleNamespace(a=1), lambda v: delattr(v, "a")),
    "slot": (Slotted, lambda v: setattr(v, "a", 2)),
    "new slot": (Slotted, lambda v: setattr(v, "later", 2)),
    "deque": (lambda: deque([1, 2], maxlen=2), lambda v: v.append(3)),
    "bytearray": (lambda: bytearray(b"a"), lambda v: v.append(1)),
    "random": (lambda: random.Random(1), lambda v: v.random()),
    "numpy random": (lambda: np.random.default_rng(1), lambda v: v.random()),
    "array": (lambda: np.zeros(3), lambda v: v.__setitem__(1, 5)),
    "iterator": (lambda: {"iterator": iter([1, 2])}, iterate),
    "ended iterator": (lambda: {"iterator": iter([1])}, iterate),
    "count": (lambda: {"iterator": itertools.count(2.5, 0.5)}, iterate),
    "map": (lambda: {"iterator": map(str, iter([1, 2]))}, iterate),
    "bound method": (lambda: [1].append, lambda v: v(2)),
}


def shown(value: Any) -> Any:
    """What a test compares, without using what it looks at."""
    if isinstance(value, dict) and "iterator" in value:
        return iterator_position(value["iterator"])
    if isinstance(value, random.Random):
        return value.getstate()
    if isinstance(value, np.random.Generator):
        return repr(value.bit_generator.state)
    if isinstance(value, np.ndarray):
        return value.tolist()
    if isinstance(value, Slotted):
        return [getattr(value, name, None) for name in value.__slots__]
    if isinstance(value, dict):
        return list(value.items()) if value.keys() <= {"a", "b"} else repr(value)
    return repr(value)


@pytest.mark.parametrize("name", [name for name in CHANGES if name != "bound method"])
def test_a_change_is_seen_and_taken_back(name: str) -> None:
    make, change = CHANGES[name]
    value = make()
    before = shown(value)
    snapshot = Snapshot(1000)
    snapshot.add(value)
    assert snapshot.is_unchanged()
    for _ in range(2):
        change(value)
        assert not snapshot.is_unchanged()
        assert snapshot.restore(snapshot.marks()) == []
        assert shown(value) == before
        # An iterator is replaced by another one, at the same position.
        snapshot = Snapshot(1000)
        snapshot.add(value)


def test_a_change_by_way_of_a_method_is_seen() -> None:
    value = SimpleNamespace(items=[])
    snapshot = Snapshot(1000)
    snapshot.add({"add": SimpleNamespace(method=value.items.append), "of": value})
    value.items.append(1)
    assert not snapshot.is_unchanged()


def test_an_equal_value_is_no_change() -> None:
    value = {"total": 10**6}
    snapshot = Snapshot(1000)
    snapshot.add(value)
    value["total"] = int("1000000")
    assert snapshot.is_unchanged()
    value["total"] = 1e6  # type: ignore[assignment]
    assert not snapshot.is_unchanged()


def test_what_was_changed_after_the_marks_is_kept() -> None:
    value = SimpleNamespace(mine=0, run=0, seen=[], gone=1)
    snapshot = Snapshot(1000)
    snapshot.add(value)
    value.run, value.seen = 1, [1]
    del value.gone
    marks = snapshot.marks()
    value.mine = 5
    snapshot.restore(marks)
    assert vars(value) == {"mine": 5, "run": 0, "seen": [], "gone": 1}
    marks = snapshot.marks()
    value.seen.append(7)
    snapshot.restore(marks)
    assert value.seen == [7]


def test_objects_that_are_shared_stay_shared() -> None:
    inner: list[int] = []
    value: dict[str, Any] = {"a": inner, "b": [inner]}
    snapshot = Snapshot(1000)
    snapshot.add(value)
    inner.append(1)
    value["a"] = []
    snapshot.restore(snapshot.marks())
    assert value["a"] is inner
    assert value["b"][0] is inner
    assert inner == []


def test_a_cycle_ends() -> None:
    value: list[Any] = []
    value.append(value)
    snapshot = Snapshot(1000)
    snapshot.add(value)
    assert snapshot.is_unchanged()


def test_a_deep_object_costs_no_recursion() -> None:
    value: list[Any] = []
    for _ in range(5000):
        value = [value]
    snapshot = Snapshot(100_000)
    snapshot.add(value)
    assert snapshot.is_complete
    assert snapshot.is_unchanged()


def test_of_what_is_too_large_only_the_outside_is_kept() -> None:
    large, small = [[n] for n in range(1000)], [1]
    snapshot = Snapshot(100)
    snapshot.add(large)
    snapshot.add(small)
    assert not snapshot.is_complete
    large.append([0])
    small.append(2)
    snapshot.restore(snapshot.marks())
    assert len(large) == 1000
    assert small == [1]


def test_what_is_inside_of_something_too_large_is_seen_where_it_is_used_elsewhere() -> None:
    shared = [1]
    snapshot = Snapshot(100)
    snapshot.add([[[n] for n in range(1000)], shared])
    snapshot.add(shared)
    shared.append(2)
    assert not snapshot.is_unchanged()
    snapshot.restore(snapshot.marks())
    assert shared == [1]


def test_what_stands_for_something_outside_is_left_alone() -> None:
    numbers = (n for n in range(3))
    snapshot = Snapshot(1000)
    snapshot.add(
        {"lock": threading.Lock(), "thread": threading.current_thread(), "numbers": numbers}
    )
    assert not snapshot.can_be_restored
    assert snapshot.is_unchanged()
    next(numbers)
    assert not snapshot.is_unchanged()
    assert snapshot.restore(snapshot.marks()) == ["generator"]


def test_the_object_of_a_bound_method_is_part_of_it() -> None:
    counter = SimpleNamespace(seen=[1])
    holder = {"add": Bound(counter).add}
    snapshot = Snapshot(1_000)
    snapshot.add(holder)
    assert snapshot.is_unchanged()
    holder["add"](2)
    assert not snapshot.is_unchanged()
    assert snapshot.restore(snapshot.marks()) == []
    assert counter.seen == [1]


class Bound:
    def __init__(self, counter: SimpleNamespace) -> None:
        self.counter = counter

    def add(self, n: int) -> None:
        self.counter.seen.append(n)

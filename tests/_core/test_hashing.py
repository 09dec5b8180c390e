"""Protects digests: the same for equal data, different for other data."""

from __future__ import annotations

import copy
import datetime
import enum
import hashlib
import math
import re
import subprocess
import sys
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass
from decimal import Decimal
from itertools import combinations
from pathlib import PurePosixPath
from typing import Any, NamedTuple
from uuid import UUID

import numpy as np
import pytest
from pydantic import BaseModel

from distilabel._core.hashing import canonical, digest


class Shape(BaseModel):
    sides: int


def test_the_order_of_keys_does_not_matter_that_of_items_does() -> None:
    assert digest({"a": 1, "b": 2}) == digest({"b": 2, "a": 1})
    assert digest([1, 2]) != digest([2, 1])


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (1, "1"),
        (None, "null"),
        (b"a", "a"),
        ([[]], []),
        ({"a": None}, {}),
        (np.array([1, 2]), np.array([1, 3])),
        ({1}, {2}),
    ],
)
def test_other_data_have_other_digests(one: object, other: object) -> None:
    assert digest(one) != digest(other)


def test_numpy_sets_and_classes_are_understood() -> None:
    assert canonical(np.array([1, 2])) == canonical([1, 2])
    # Both numbers have the same place in the table of a set, whose order is then that of adding.
    assert list({0, 8}) != list({8, 0})
    assert digest({0, 8}) == digest({8, 0})
    assert b"sides" in canonical(Shape)


class Color(enum.Enum):
    RED = "red"


class Mood(enum.StrEnum):
    RED = "red"


class Count(enum.IntEnum):
    ONE = 1


class Point(NamedTuple):
    x: int


@dataclass
class Dot:
    x: int


_DAY = datetime.date(2024, 1, 2)
_INSTANT = datetime.datetime(2024, 1, 2)
# Within a group, no two values have the same digest, though many are equal or have the same JSON.
_ALIKE: dict[str, list[Any]] = {
    "missing": [math.nan, None, "nan", "null", math.inf, -math.inf, 0, "", [], {}, False],
    "one": [1, 1.0, True, "1", Count.ONE, Decimal(1), np.int64(1), np.int32(1), np.float64(1), 1j],
    "zero": [0.0, -0.0, 0, False, np.float32(0), Decimal("0.0"), Decimal("-0.0")],
    "sequence": [[1], (1,), {1}, frozenset({1}), np.array([1]), np.array([1.0]), Point(1), [[1]]],
    "shape": [np.zeros((2, 1)), np.zeros((1, 2)), np.zeros(2), np.zeros(2, dtype="f4")],
    "objects": [np.array(["a"], dtype=object), np.array(["b"], dtype=object), np.array(["a"])],
    "empty": [[], (), {}, set(), b"", "", np.array([])],
    "day": [_DAY, _INSTANT, str(_DAY), str(_INSTANT), _INSTANT.isoformat()],
    "zone": [_INSTANT, _INSTANT.replace(tzinfo=datetime.UTC)],
    "span": [datetime.timedelta(1), datetime.timedelta(0, 1), datetime.time(1), 86400.0],
    "key": [{1: "x"}, {"1": "x"}, {1.0: "x"}, {True: "x"}, {None: "x"}, {"null": "x"}],
    "nested key": [
        {"a": {1: "x"}},
        {"a": {"1": "x"}},
        {"a": [{1: "x"}]},
        {(1, 2): 1},
        {"(1, 2)": 1},
    ],
    "text": [
        "red",
        Color.RED,
        Mood.RED,
        b"red",
        bytearray(b"red"),
        np.str_("red"),
        PurePosixPath("red"),
    ],
    "id": [UUID(int=1), str(UUID(int=1)), UUID(int=1).bytes, UUID(int=1).hex],
    "large": [2**70, str(2**70), float(2**70), 2**70 + 1, Decimal(2**70)],
    "record": [Shape(sides=1), {"sides": 1}, Dot(1), {"x": 1}, Point(1), Dot(2), Shape(sides=2)],
    "pattern": [re.compile("a"), re.compile("a", re.IGNORECASE), "a", re.compile(b"a")],
    "range": [range(2), [0, 1], range(0, 2, 2), (0, 1)],
    "marks": [{"$type": ["builtins.tuple", [1]]}, (1,), ({"$type": ["builtins.tuple", [1]]},)],
}


@pytest.mark.parametrize("group", _ALIKE.values(), ids=_ALIKE.keys())
@pytest.mark.parametrize(
    "place",
    [lambda v: v, lambda v: [v], lambda v: {"a": v}, lambda v: ["x", {"a": [1, {"b": v}]}]],
    ids=["alone", "in a list", "in a dict", "deep"],
)
def test_values_that_a_step_can_tell_apart_have_other_digests(
    group: list[Any], place: Callable[[Any], Any]
) -> None:
    digests = [digest(place(value)) for value in group]
    same = [
        (a, b) for (a, x), (b, y) in combinations(zip(group, digests, strict=True), 2) if x == y
    ]
    assert same == []
    assert digests == [digest(place(value)) for value in copy.deepcopy(group)]


@pytest.mark.parametrize(
    "value",
    [
        {"a": [1, 2.5, "x", None, True, {"b": []}]},
        ["memo", "base", [{"text": "é\u2028", "n": 2**63, "f": 1e300, "z": -0.0}]],
        "text",
        {"$type": ["builtins.tuple", [1]]},
        OrderedDict(b=1, a=[2]),
    ],
)
def test_json_has_the_digest_of_its_canonical_form(value: Any) -> None:
    expected = hashlib.blake2b(canonical(value), digest_size=16).digest()
    assert digest(value) == expected


def test_the_digest_of_a_row_is_that_of_earlier_versions() -> None:
    row = {"instruction": "What is 2+2?", "n": 1, "scores": [4.0, None], "meta": {"ok": True}}
    assert digest(["memo", "source", [row]]).hex() == "895f6b37bc1a300e407d27680f378337"


def test_what_a_request_sends_as_the_same_json_has_the_same_canonical_form() -> None:
    assert canonical({"logit_bias": {50256: -100}, "stop": ("a",)}) == canonical(
        {"logit_bias": {"50256": -100}, "stop": ["a"]}
    )


def test_data_that_contain_themselves_have_no_digest() -> None:
    value: list[Any] = [(1,)]
    value.append(value)
    with pytest.raises(TypeError, match="contain themselves"):
        digest(value)


def test_an_unpaired_surrogate_has_the_digest_of_its_replacement() -> None:
    assert digest(["a \ud83d"]) == digest(["a \ufffd"]) != digest(["a "])


def test_what_has_no_form_is_refused() -> None:
    with pytest.raises(TypeError, match="object"):
        digest({"a": object()})


def test_it_is_the_same_in_another_process() -> None:
    value = "{'a': [1, 2.5, 'x'], 'b': {'y', 'z', 'w'}}"
    code = f"from distilabel._core.hashing import digest; print(digest({value}).hex())"
    out = {
        subprocess.run(
            [sys.executable, "-c", code],
            capture_output=True,
            text=True,
            check=True,
            env={"PYTHONPATH": ":".join(sys.path), "PYTHONHASHSEED": seed},
        ).stdout
        for seed in ("1", "2")
    }
    assert len(out) == 1

"""Protects the description of typed data: JSON is described by itself, everything else is not."""

from __future__ import annotations

import datetime
import math
import re
from typing import Any

import numpy as np
import orjson
import pytest
from pydantic import BaseModel, PrivateAttr

from distilabel._core.typed_form import is_json, typed_form

_JSON: list[Any] = [
    None,
    True,
    1,
    -0.0,
    1e300,
    "",
    [],
    {},
    [[], {}],
    {"a": [1, 2.5, None, {"b": "x"}]},
    {"$type": 1},
]
_OTHER: list[Any] = [
    math.nan,
    math.inf,
    (),
    set(),
    b"",
    {1: 2},
    {None: 2},
    datetime.date(2024, 1, 2),
    np.int64(1),
    np.zeros(2),
]


@pytest.mark.parametrize("value", _JSON)
def test_json_is_the_same_after_a_round_trip(value: Any) -> None:
    assert is_json(value)
    assert is_json([value, {"a": value}])
    assert repr(orjson.loads(orjson.dumps(value))) == repr(value)


@pytest.mark.parametrize("value", _OTHER, ids=repr)
def test_other_values_are_found_at_any_depth(value: Any) -> None:
    assert not is_json(value)
    assert not is_json([1, value])
    assert not is_json({"a": "x", "b": value})
    assert not is_json({"a": [{"b": [value]}]})


def test_a_dict_that_looks_like_a_description_is_none() -> None:
    """Beside another value, so that the data as a whole are not JSON."""
    looks: Any = {"$type": ["builtins.tuple", [1]]}
    assert typed_form([looks, (1,)]) != typed_form([(1,), (1,)])
    assert typed_form([looks, (1,)]) != typed_form([(1,), looks])


def test_json_is_described_by_itself() -> None:
    assert typed_form(_JSON[:-1]) == _JSON[:-1]


@pytest.mark.parametrize("value", _OTHER, ids=repr)
def test_the_description_is_json(value: Any) -> None:
    assert is_json(typed_form({"a": [value]}))


def test_the_order_of_sets_and_keys_does_not_matter() -> None:
    assert typed_form({1: {"a", "b"}, 2: ()}) == typed_form({2: (), 1: {"b", "a"}})


def test_an_object_of_unknown_content_is_refused() -> None:
    with pytest.raises(TypeError, match="function has no digest"):
        typed_form([lambda: None])


class _Text(str):
    """A text of another type."""


@pytest.mark.parametrize(
    "value",
    [math.nan, math.inf, (1,), np.float64(1.0), np.int64(1), _Text("a"), (2, "b"), b"a"],
    ids=repr,
)
def test_one_value_among_many_flat_rows_is_noticed(value: Any) -> None:
    """A batch of plain rows is looked at as a whole."""
    rows: list[Any] = [{"a": i, "b": "text", "c": 0.5, "d": None, "e": True} for i in range(50)]
    assert is_json(rows)
    for column in ("a", "c"):
        assert not is_json([*rows, {"a": 1, "c": 0.5, column: value}])
    assert not is_json([*rows, {1: "a"}])
    assert not is_json([*rows, {"a": 1, _Text("b"): 2}])
    assert is_json([*rows, {"a": [1, {"b": 0.5}]}, {}])
    assert not is_json([*rows, {"a": [1, {"b": value}]}])


class Open(BaseModel, extra="allow"):
    a: int = 1
    _b: int = PrivateAttr(default=1)


def test_all_that_a_model_holds_tells_it_from_others() -> None:
    other = Open()
    other._b = 2
    forms = [orjson.dumps(typed_form(v)) for v in (Open(), Open(a=2), Open(c=1), Open(c=2), other)]
    assert len(set(forms)) == len(forms)


def test_the_flags_of_a_pattern_tell_it_from_others() -> None:
    patterns = [re.compile("a"), re.compile("a", re.IGNORECASE), re.compile(b"a"), "a"]
    patterns += [re.compile("a", re.ASCII), re.compile(b"a", re.ASCII)]
    forms = [orjson.dumps(typed_form(value)) for value in patterns]
    assert len(set(forms)) == len(forms)


def test_arrays_of_other_shapes_and_types_are_told_apart() -> None:
    flat = np.arange(4, dtype="int64")
    arrays = [flat, flat.reshape(2, 2), flat.reshape(4, 1), flat.view("uint64"), flat + 1]
    forms = [orjson.dumps(typed_form(value)) for value in arrays]
    assert len(set(forms)) == len(forms)


def test_integers_of_any_size_are_told_apart() -> None:
    values = [2**63, 2**64 - 1, 2**64, 2**64 + 1, -(2**63), -(2**63) - 1, float(2**64), str(2**64)]
    forms = [orjson.dumps(typed_form(value)) for value in values]
    assert len(set(forms)) == len(forms)

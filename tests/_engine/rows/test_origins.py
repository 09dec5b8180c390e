"""The origin of a row is found however a step makes it, and unknown where nothing tells it."""

from __future__ import annotations

import copy
import json
from collections.abc import Callable
from typing import Any

import pandas as pd
import pyarrow as pa
import pytest

from distilabel._engine.rows.origins import (
    KeyTracer,
    dropped_rows,
    find_origins,
    fits_positions,
)

Rows = list[dict[str, Any]]


def some_rows(count: int = 6) -> Rows:
    return [
        {"number": i, "text": f"text {i}", "label": None, "list": [{"x": float(i)}], "k": 0}
        for i in range(count)
    ]


def traced(make: Callable[[Rows], Rows], rows: Rows | None = None) -> list[int | None]:
    tracer = KeyTracer()
    (inputs,) = tracer.trace([some_rows() if rows is None else rows])
    before = list(inputs)
    return list(find_origins([before], make(inputs), tracer))


def records(frame: Any) -> Rows:
    made: Rows = frame.to_dict("records")
    return made


def changed(row: dict[str, Any]) -> dict[str, Any]:
    """A row in which every value is new."""
    return {**row, "number": -1, "text": "", "label": "x", "list": [], "k": 1}


COPIES: dict[str, Callable[[dict[str, Any]], dict[str, Any]]] = {
    "spread": lambda row: {**row, "more": 1},
    "spread behind": lambda row: {"more": 1, **row},
    "dict": lambda row: dict(row, more=1),
    "union": lambda row: row | {"more": 1},
    "union from the right": lambda row: {"more": 1} | row,
    "copy method": lambda row: row.copy(),
    "copy": copy.copy,
    "deepcopy": copy.deepcopy,
    "items": lambda row: {k: v for k, v in row.items() if k != "number"},
    "one column left": lambda row: {k: v for k, v in row.items() if k == "text"},
    "all values changed": changed,
    "json": lambda row: json.loads(json.dumps(row)),
}


@pytest.mark.parametrize("name", COPIES)
def test_copies_are_recognized_in_any_order_and_number(name: str) -> None:
    make = COPIES[name]
    assert traced(lambda rows: [make(rows[i]) for i in (4, 1, 1, 5)]) == [4, 1, 1, 5]
    assert traced(lambda rows: [make(row) for row in reversed(rows)]) == [5, 4, 3, 2, 1, 0]


def test_the_same_rows_are_a_range() -> None:
    rows = some_rows()
    assert find_origins([rows], list(rows)) == range(6)


def test_a_row_yielded_twice_has_one_origin() -> None:
    assert traced(lambda rows: [rows[2], rows[2], rows[0]]) == [2, 2, 0]


@pytest.mark.parametrize("trip", ["pandas", "arrow", "records"])
def test_rows_are_recognized_after_a_round_trip(trip: str) -> None:
    def make(rows: Rows) -> Rows:
        rows = [row for row in rows if row["number"] != 2][::-1]
        if trip == "arrow":
            made: Rows = pa.Table.from_pylist(rows).to_pylist()
        elif trip == "pandas":
            frame = pd.DataFrame(rows).assign(more=1)
            made = [{str(k): v for k, v in row.items()} for _, row in frame.iterrows()]
        else:
            made = records(pd.DataFrame(rows))
        return made

    assert traced(make) == [5, 4, 3, 1, 0]


def test_numpy_scalars_and_missing_values_match_themselves() -> None:
    rows: Rows = [{"id": i, "score": None if i % 2 else i / 3, "day": None} for i in range(6)]

    def make(rows: Rows) -> Rows:
        frame = pd.DataFrame(rows)[::-1]
        return [
            {name: frame[name].iloc[i] for name in ("id", "score", "day")}
            for i in range(len(frame))
        ]

    assert traced(make, rows) == [5, 4, 3, 2, 1, 0]


def test_names_of_one_character_do_not_hinder_the_others() -> None:
    rows: Rows = [{"a": 0, "bb": 0} for _ in range(3)]
    assert traced(lambda rows: [{**rows[2], "a": 1, "bb": 1}, {**rows[0], "a": 1}], rows) == [2, 0]


def test_the_values_decide_where_the_keys_are_those_of_a_default() -> None:
    assert traced(lambda rows: [{**rows[0], **row} for row in rows[::2]]) == [0, 2, 4]
    assert traced(lambda rows: [{**rows[3], **row} for row in rows[::2]]) == [0, 2, 4]

    def carried_forward(rows: Rows) -> Rows:
        state: dict[str, Any] = {}
        return [state := {**state, **row} for row in rows][1:]

    assert traced(carried_forward) == [1, 2, 3, 4, 5]


def test_a_frame_whose_columns_were_changed_is_unknown() -> None:
    """A data frame gives all of its rows the keys of the first one."""

    def make(rows: Rows) -> Rows:
        rows = [{"text": row["text"].upper()} for row in pd.DataFrame(rows[3:]).to_dict("records")]
        return records(pd.DataFrame(rows))

    assert traced(make) == [None] * 3
    words: Rows = [{"text": f"t{i}"} for i in range(4)]

    def upper(rows: Rows) -> Rows:
        frame = pd.DataFrame(rows)
        frame["text"] = frame["text"].str.upper()
        return records(frame[2:])

    assert traced(upper, words) == [None, None]


def test_a_value_that_another_row_has_too_does_not_tell_the_first_row() -> None:
    rows: Rows = [{"text": f"t{i}", "kind": kind} for i, kind in enumerate("aabb")]

    def upper(rows: Rows) -> Rows:
        # As a data frame does: all rows have the keys of the first one.
        text, kind = rows[0]
        return [{text: row["text"].upper(), kind: row["kind"]} for row in rows[1:3]]

    assert traced(upper, rows) == [None, None]


def test_new_rows_are_unknown_beside_known_ones() -> None:
    def make(rows: Rows) -> Rows:
        return [{"count": len(rows)}, rows[4], {**rows[1]}]

    assert traced(make) == [None, 4, 1]


def test_columns_of_two_rows_are_unknown() -> None:
    rows: Rows = [{"aa": 1, "bb": 1}, {"aa": 2, "cc": 2}, {"aa": 3}]
    assert traced(lambda rows: [{**rows[0], **rows[1], "aa": 7}], rows) == [None]


def test_rows_of_an_earlier_batch_are_not_of_this_one() -> None:
    tracer = KeyTracer()
    (first,) = tracer.trace([some_rows()])
    (second,) = tracer.trace([[changed(row) for row in some_rows()]])
    assert list(find_origins([second], first, tracer)) == [None] * 6
    assert tracer.has_earlier(first)
    assert not tracer.has_earlier(second)
    (alone,) = tracer.trace([[{"number": 100, "text": "?"}]])
    assert list(find_origins([alone], [first[0]], tracer)) == [None]


def test_all_rows_made_of_a_single_one_are_of_that_one() -> None:
    assert traced(lambda rows: [{"new": 1}, {"new": 2}], some_rows(1)) == [0, 0]


def test_equal_rows_are_taken_in_turn() -> None:
    rows: Rows = [{"word": "a"}, {"word": "b"}, {"word": "a"}, {"word": "a"}]
    assert traced(lambda rows: json.loads(json.dumps(rows)), rows) == [0, 1, 2, 3]


def test_copies_that_fit_several_equal_rows_are_taken_in_turn() -> None:
    rows: Rows = [{"word": "-", "size": 0}, {"word": "a", "size": 1}, {"word": "a", "size": 1}]
    assert traced(lambda rows: [{**rows[0], **row} for row in rows[1:]], rows) == [1, 2]


def test_of_equal_rows_one_that_was_yielded_itself_is_not_taken_again() -> None:
    rows: Rows = [{"word": "a"}, {"word": "b"}, {"word": "a"}]
    assert traced(lambda rows: [rows[0], json.loads(json.dumps(rows[2]))], rows) == [0, 2]


def test_a_row_is_that_with_which_it_shares_most_columns() -> None:
    rows: Rows = [{"word": "a"}, {"word": "a", "size": 1}]
    assert traced(lambda rows: json.loads(json.dumps(rows[::-1])), rows) == [1, 0]


def test_rows_of_all_predecessors_are_recognized() -> None:
    tracer = KeyTracer()
    one, two = tracer.trace([some_rows(3), [{"other": i} for i in range(3)]])
    made = [{**two[2]}, two[1], {**one[0], **two[0], "number": 9}]
    assert list(find_origins([list(one), list(two)], made, tracer)) == [2, 1, 0]


@pytest.mark.parametrize(
    "rows",
    [
        [{1: "a"}, {2: "b"}],
        [{"a\0b": 1, "cc": 1}, {"a\0b": 2, "cc": 2}],
        [{}, {}],
        [],
    ],
)
def test_rows_with_odd_keys_pass_unchanged(rows: Any) -> None:
    assert KeyTracer().trace([rows]) == [rows]


def test_traced_rows_are_equal_and_keep_the_order_of_their_columns() -> None:
    rows: Rows = [{"b": 1, "aa": 2}, {"aa": 1, "zzz": 2, "b": 3}]
    (own,) = KeyTracer().trace([rows])
    assert own == rows
    assert [list(row) for row in own] == [list(row) for row in rows]


def test_without_traces_more_or_fewer_rows_are_compared_by_their_values() -> None:
    rows = some_rows()
    made = [{**row, "more": 1} for row in rows if row["number"] % 2]
    assert find_origins([rows], made) == [1, 3, 5]
    assert find_origins([rows], [{"new": i} for i in range(6)]) == range(6)
    assert find_origins([rows], [{"new": i} for i in range(4)]) == [None] * 4


def test_a_new_row_in_the_place_of_one_belongs_to_it() -> None:
    rows = some_rows()
    made = [*rows[:2], {"new": 1}, *rows[3:]]
    assert find_origins([rows], made) == range(6)
    assert fits_positions([0, None, 2], 3)
    assert not fits_positions([1, None, 2], 3)
    assert not fits_positions([0, None], 3)


@pytest.mark.parametrize(
    ("origins", "dropped"),
    [
        (range(10), 0),
        ([None] * 8, 2),
        ([None] * 20, 0),
        ([None], 9),
        ([], 10),
        ([3, 3, 3, 1], 8),
        ([0, 1, None], 7),
    ],
)
def test_dropped_rows_are_counted_net_where_origins_are_unknown(origins: Any, dropped: int) -> None:
    assert dropped_rows(10, origins) == dropped


def test_many_rows_take_a_time_that_grows_with_them(monkeypatch: pytest.MonkeyPatch) -> None:
    """Counted, not timed: no value of a row is looked at more than a few times."""
    from distilabel._engine.rows import origins

    looked: list[Any] = []
    plain = origins._plain

    def counted(value: Any) -> Any:
        looked.append(1)
        return plain(value)

    monkeypatch.setattr(origins, "_plain", counted)
    rows: Rows = [{"number": i, "text": f"text {i}"} for i in range(5000)]
    assert traced(lambda rows: json.loads(json.dumps(rows[::-1])), rows) == [*range(5000)][::-1]
    assert len(looked) <= 5 * 2 * 5000

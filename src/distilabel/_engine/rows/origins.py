"""Finds the input row from which a step made each of its rows.

A step gets plain dicts and may yield others: filtered, sorted, several for one. A row that it made
is recognized, in this order:

1. It is the same object as an input row.
2. It is a copy of one: `{**row}`, `dict(row)`, `row | more`, `copy` and comprehensions over
   `items()` keep the key objects of a dict, so `KeyTracer` gives every input row key objects of
   its own.
3. It has all columns of an input row with equal values, as after a round trip through pandas,
   Arrow or JSON.

Otherwise its origin is unknown.
"""

from __future__ import annotations

import math
import operator
from collections import deque
from collections.abc import Iterable, Iterator, Sequence
from itertools import chain, islice
from typing import Any, Final

from distilabel._engine.rows.rows import Row
from distilabel.errors import DistilabelUserError

# The position of the input row of each row; None if unknown. A `range` if each is made from one.
Origins = Sequence[int | None]

# Batches whose key objects are kept, to recognize rows that a step held back.
_EARLIER: Final = 4


class UnknownOriginError(DistilabelUserError):
    """Raised where the origin of a row is unknown, but decides which rows it is paired with."""


class KeyTracer:
    """Gives the rows of a step key objects of their own, and recognizes rows by them.

    Equal strings are equal keys: the step sees no difference.
    """

    def __init__(self) -> None:
        self._positions: dict[int, int] = {}
        # Alive, so that no other string gets their ids.
        self._keys: list[str] = []
        self._earlier: deque[list[str]] = deque(maxlen=_EARLIER)

    def trace(self, inputs: list[list[Row]]) -> list[list[Row]]:
        """Returns the rows of a batch with key objects of their own.

        Args:
            inputs: One list of rows per predecessor.
        """
        self._earlier.append(self._keys)
        self._keys, self._positions = [], {}
        return [self._traced(rows) for rows in inputs]

    def _traced(self, rows: list[Row]) -> list[Row]:
        count = sum(map(len, rows))
        try:
            # One call makes all strings. Interned ones would be shared between the rows.
            keys = ("\0".join(chain.from_iterable(rows)) + "\0").split("\0")[:-1]
        except TypeError:  # a key is not a string
            return rows
        if len(keys) != count or any(type(row) is not dict for row in rows):
            return rows
        own: Iterator[str] = iter(keys)
        traced = [dict(zip(islice(own, len(row)), row.values(), strict=True)) for row in rows]
        self._keys += keys
        # The interpreter shares strings of one character.
        self._positions.update(
            (id(key), position)
            for position, row in enumerate(traced)
            for key in row
            if len(key) > 1
        )
        return traced

    def position(self, row: Row) -> int | None:
        """Returns the position of the row whose key objects a row has; None without a clear one."""
        positions = self._positions
        found = {positions[id(key)] for key in row if id(key) in positions}
        return found.pop() if len(found) == 1 else None

    def has_earlier(self, rows: Iterable[Row]) -> bool:
        """Whether one of the rows has key objects of an earlier batch: the step has kept it."""
        earlier = {id(key) for key in chain.from_iterable(self._earlier) if len(key) > 1}
        return any(id(key) in earlier for key in chain.from_iterable(rows))


def find_origins(
    inputs: list[list[Row]], made: list[Row], tracer: KeyTracer | None = None
) -> Origins:
    """Finds the input row of each row that a step made.

    Args:
        inputs: Input rows of the step, one list per predecessor, as they were before the step.
        made: Rows that the step made.
        tracer: Knows the key objects of the input rows. Without one, rows are compared by their
            values only if there are more or fewer than before.
    """
    before = inputs[0]
    if len(before) == len(made) and all(map(operator.is_, before, made)):
        return range(len(made))
    position_of = {id(row): i for rows in reversed(inputs) for i, row in enumerate(rows)}
    found = [position_of.get(id(row)) for row in made]
    if tracer is not None:
        _find_by_keys(inputs, made, found, tracer)
    if None in found and (tracer is not None or len(before) != len(made)):
        _find_by_values(inputs, made, found)
        unknown = (row for row, position in zip(made, found, strict=True) if position is None)
        if len(before) == 1 and not (tracer is not None and tracer.has_earlier(unknown)):
            found = [0] * len(made)
    if tracer is None and fits_positions(found, len(before)):
        return range(len(made))
    return range(len(made)) if found == list(range(len(before))) else found


def fits_positions(origins: Origins, count: int) -> bool:
    """Whether each row may have been made from the input row at its own position.

    Args:
        origins: The origins of the rows that the step made.
        count: Number of input rows.
    """
    return len(origins) == count and all(o is None or o == i for i, o in enumerate(origins))


def dropped_rows(count: int, origins: Origins) -> int:
    """Returns the number of input rows from which nothing was made.

    A row of unknown origin counts as made from one of those that are left.

    Args:
        count: Number of input rows.
        origins: The origins of the rows that the step made.
    """
    if isinstance(origins, range):
        return count - len(origins)
    known = {position for position in origins if position is not None}
    return max(0, count - len(known) - sum(position is None for position in origins))


# -- by key objects -----------------------------------------------------------------------------


def _find_by_keys(
    inputs: list[list[Row]], made: list[Row], found: list[int | None], tracer: KeyTracer
) -> None:
    """Fills in the positions of copies of input rows.

    `{**default, **row}` has the keys of `default` and the values of `row`; a data frame has the
    keys of its first row for all. So where the values of a copy were changed, they must not be
    those of another row.
    """
    claims = {
        i: position
        for i, row in enumerate(made)
        if found[i] is None and (position := tracer.position(row)) is not None
    }
    only_first = len(inputs[0]) > 1 and set(claims.values()) == {0}
    distinctive = _distinctive(inputs[0]) if only_first else {}
    changed = []
    for i, position in claims.items():
        row = made[i]
        if not all(_has_same(row, rows[position]) for rows in inputs):
            changed.append(i)
        if not only_first or _shares_any(row, distinctive):
            found[i] = position
    if not changed:
        return
    content = _Content(inputs)
    for i in changed:
        others = content.positions(made[i])
        if others and found[i] not in others:
            found[i] = others[0] if len(others) == 1 else None


def _has_same(row: Row, before: Row) -> bool:
    return all(row.get(name) is value for name, value in before.items())


def _shares_any(row: Row, columns: Row) -> bool:
    return any(name in row and _equal(row[name], value) for name, value in columns.items())


def _distinctive(rows: list[Row]) -> Row:
    """Returns the columns of the first row that have other values in all other rows."""
    first, others = rows[0], rows[1:]
    return {
        name: value
        for name, value in first.items()
        if not any(_equal(row.get(name), value) for row in others)
    }


def _equal(one: Any, other: Any) -> bool:
    return one is other or bool(_plain(one) == _plain(other))


# -- by values ----------------------------------------------------------------------------------


def _find_by_values(inputs: list[list[Row]], made: list[Row], found: list[int | None]) -> None:
    """Fills in the positions of rows that have all columns of an input row, with equal values.

    Input rows that are equal are taken in turn.
    """
    content = _Content(inputs)
    taken = {position for position in found if position is not None}
    for i, position in enumerate(found):
        if position is not None:
            continue
        positions = content.positions(made[i])
        if not positions:
            continue
        free = next((p for p in positions if p not in taken), None)
        found[i] = positions[0] if free is None else free
        taken.add(positions[0] if free is None else free)


class _Content:
    """The input rows of a step, by their values.

    Args:
        inputs: Input rows, one list per predecessor.
    """

    def __init__(self, inputs: list[list[Row]]) -> None:
        # Columns → values → positions. Rows with most columns are compared first.
        by_columns: dict[tuple[str, ...], dict[Any, list[int]]] = {}
        for rows in inputs:
            for position, row in enumerate(rows):
                if row:
                    columns = tuple(row)
                    values = _plain_values(row, columns)
                    positions = by_columns.setdefault(columns, {}).setdefault(values, [])
                    if position not in positions[-1:]:
                        positions.append(position)
        self._by_columns = sorted(by_columns.items(), key=lambda item: -len(item[0]))

    def positions(self, row: Row) -> list[int]:
        """Returns the positions of the rows whose columns a row has, with equal values."""
        for columns, positions_of in self._by_columns:
            if all(name in row for name in columns):
                positions = positions_of.get(_plain_values(row, columns))
                if positions is not None:
                    return positions
        return []


def _plain_values(row: Row, columns: tuple[str, ...]) -> tuple[Any, ...]:
    return tuple(_plain(row[name]) for name in columns)


_MISSING: Final = ("missing",)
_SIMPLE: Final = frozenset({bool, bytes, int, str})


def _plain(value: Any) -> Any:
    """Returns a hashable value that is equal before and after pandas, Arrow or JSON."""
    kind = type(value)
    if kind in _SIMPLE:
        return value
    if value is None or (kind is float and math.isnan(value)):
        return _MISSING
    if kind is float:
        return value
    if isinstance(value, (list, tuple)):
        return (list, *map(_plain, value))
    if isinstance(value, dict):
        # Arrow gives every struct the fields of all.
        items = ((str(k), _plain(v)) for k, v in value.items())
        return frozenset(item for item in items if item[1] is not _MISSING)
    if callable(tolist := getattr(value, "tolist", None)):  # numpy
        return _plain(tolist())
    try:
        if value != value:  # other kinds of missing values, such as NaT
            return _MISSING
        hash(value)
    except Exception:  # noqa: BLE001 (a value of the user's may raise anything)
        return id(value)
    return value

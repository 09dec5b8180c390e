"""Filters of rows, as the address of a page holds them: `ratings.gap>=3`, `!topic=math`, `is:open`.

Filters that depend on answers take the positions of rows from outside.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from distilabel.errors import DistilabelUserError
from distilabel.review.rows.facts import Facts

if TYPE_CHECKING:
    import numpy as np

_FORM: Final = re.compile(r"(?s)(!?)([^=<>~:!]+)(>=|<=|[=<>~:])(.*)")

_BOOLEANS: Final = {"true": "1", "false": "0"}

# Takes the name and the value of a filter such as `is:flagged`, and returns positions.
Positions = Callable[[str, str], Iterable[int]]


@dataclass(frozen=True)
class Filter:
    """One condition on rows.

    Attributes:
        name: Name of a fact, or of a condition on answers (`is`, `code`, `answer`, `by`).
        operator: `=`, `>=`, `<=`, `>`, `<`, `~` (contains) or `:` (condition on answers).
        value: What it is compared with.
        negated: Whether the rows that fulfill it are left out.
    """

    name: str
    operator: str
    value: str
    negated: bool = False

    @classmethod
    def parse(cls, text: str) -> Filter:
        """Parses a filter.

        Raises:
            DistilabelUserError: The text is not a filter.
        """
        match = _FORM.fullmatch(text.strip())
        if match is None:
            raise DistilabelUserError(
                f"{text!r} is not a filter. Write a column, =, >=, <=, >, < or ~ and a value."
            )
        return cls(match[2].strip(), match[3], match[4].strip(), bool(match[1]))

    def mask(self, facts: Facts, positions: Positions, count: int) -> np.ndarray[Any, Any]:
        """Returns True for the rows that the filter leaves.

        Args:
            facts: Facts of the table.
            positions: Finds the rows of a condition on answers.
            count: Number of rows of the table.

        Raises:
            DistilabelUserError: There is no such fact, or the value is not a number.
        """
        import numpy as np

        if self.operator == ":":
            found = np.zeros(count, dtype=bool)
            found[np.fromiter(positions(self.name, self.value), dtype="int64")] = True
        elif self.name not in facts:
            known = ", ".join(facts.names) or "none"
            raise DistilabelUserError(
                f"There is no column {self.name!r} to filter by. Columns: {known}."
            )
        elif facts.is_number(self.name):
            found = self._compare(facts.numbers(self.name))
        else:
            found = self._match(facts)
        return ~found if self.negated else found

    def _compare(self, numbers: np.ndarray[Any, Any]) -> np.ndarray[Any, Any]:
        import numpy as np

        try:
            value = float(_BOOLEANS.get(self.value.lower(), self.value))
        except ValueError:
            raise DistilabelUserError(
                f"{self.name} is a number and cannot be compared with {self.value!r}."
            ) from None
        if self.operator in ("=", "~"):
            # Edges of histograms are rounded when they are written.
            close: np.ndarray[Any, Any] = np.isclose(numbers, value, rtol=1e-9, atol=1e-12)
            return close
        compare = {">=": np.greater_equal, "<=": np.less_equal, ">": np.greater, "<": np.less}
        with np.errstate(invalid="ignore"):
            found: np.ndarray[Any, Any] = compare[self.operator](numbers, value)
        return found

    def _match(self, facts: Facts) -> np.ndarray[Any, Any]:
        import numpy as np
        import pyarrow as pa
        import pyarrow.compute as pc

        if self.operator not in ("=", "~"):
            raise DistilabelUserError(f"{self.name} is a text: compare it with = or ~.")

        def test(values: Any) -> Any:
            if self.operator == "=":
                return pc.equal(values, self.value)
            return pc.match_substring(values, self.value, ignore_case=True)

        texts = facts.texts(self.name)
        if not pa.types.is_nested(texts.type):
            return np.asarray(test(texts).fill_null(False).to_numpy(zero_copy_only=False))
        found = np.zeros(len(texts), dtype=bool)
        hits = test(pc.list_flatten(texts)).fill_null(False).to_numpy(zero_copy_only=False)
        found[pc.list_parent_indices(texts).to_numpy(zero_copy_only=False)[hits]] = True
        return found


def matching(
    filters: Iterable[Filter],
    facts: Facts,
    positions: Positions,
    count: int,
    sort: str = "",
) -> np.ndarray[Any, Any]:
    """Returns the positions of the rows that all filters leave.

    Args:
        filters: The filters.
        facts: Facts of the table.
        positions: Finds the rows of a condition on answers.
        count: Number of rows of the table.
        sort: Name of a fact, with `-` in front for descending order; empty for the table's order.
            Rows without a value come last.

    Raises:
        DistilabelUserError: A filter is not valid, or there is no fact to sort by.
    """
    import numpy as np

    mask = np.ones(count, dtype=bool)
    for each in filters:
        mask &= each.mask(facts, positions, count)
    found = np.flatnonzero(mask)
    name = sort.removeprefix("-")
    if not name:
        return found
    if name not in facts:
        raise DistilabelUserError(
            f"There is no column {name!r} to sort by. Columns: {', '.join(facts.names)}."
        )
    if facts.is_number(name):
        keys = facts.numbers(name)[found]
        keys = -keys if sort.startswith("-") else keys
        found = found[np.argsort(keys, kind="stable")]  # NaN is last
        return found
    import pyarrow as pa
    import pyarrow.compute as pc

    texts = facts.texts(name)
    if pa.types.is_nested(texts.type):
        texts = pc.list_element(texts, 0)
    order = "descending" if sort.startswith("-") else "ascending"
    ranked = pc.sort_indices(texts.take(pa.array(found)), sort_keys=[("", order)])
    ordered: np.ndarray[Any, Any] = found[ranked.to_numpy()]
    return ordered

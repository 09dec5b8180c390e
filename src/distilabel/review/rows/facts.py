"""Numbers and short texts of all rows, in memory: what filters, sorting and histograms work on.

A list of ratings becomes `ratings.mean`, `ratings.min`, `ratings.max` and `ratings.gap`.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from distilabel.review.rows.table import RowTable

if TYPE_CHECKING:
    import numpy as np
    import pyarrow as pa

_BINS: Final = 12
_MOST_VALUES: Final = 12
_SUMMARIES: Final = ("mean", "min", "max", "gap")


@dataclass(frozen=True)
class Bar:
    """One bar of a histogram.

    Attributes:
        label: What it shows.
        count: Number of rows.
        filter: Filter that leaves these rows.
    """

    label: str
    count: int
    filter: tuple[str, ...]


class Facts:
    """The facts of a table, read when they are first asked for.

    Args:
        table: The table.
        columns: Its columns with numbers or short texts.
    """

    def __init__(self, table: RowTable, columns: tuple[str, ...]) -> None:
        self._table = table
        self._columns = columns
        self._found: dict[str, Any] = {}

    @property
    def names(self) -> list[str]:
        """Names of the facts, such as `topic` and `ratings.gap`."""
        found = []
        for name in self._columns:
            kind = self._table.schema.field(name).type
            if _is_number_list(kind):
                found += [f"{name}.{part}" for part in _SUMMARIES]
            else:
                found.append(name)
        return found

    def __contains__(self, name: str) -> bool:
        return name in self.names

    def is_number(self, name: str) -> bool:
        """Whether a fact is a number."""
        import pyarrow as pa

        if "." in name and name not in self._columns:
            return True
        kind = self._table.schema.field(name).type
        return bool(
            pa.types.is_integer(kind) or pa.types.is_floating(kind) or pa.types.is_boolean(kind)
        )

    def numbers(self, name: str) -> np.ndarray[Any, Any]:
        """Returns a fact as floats, NaN where there is none."""
        import numpy as np

        if name not in self._found:
            column, _, part = name.rpartition(".")
            if part in _SUMMARIES and column in self._columns:
                self._summarize(column)
            else:
                values = self._table.column(name)
                self._found[name] = np.asarray(
                    values.cast("float64").to_numpy(zero_copy_only=False), dtype="float64"
                )
        found: np.ndarray[Any, Any] = self._found[name]
        return found

    def texts(self, name: str) -> pa.ChunkedArray:
        """Returns a fact as texts, or lists of texts."""
        return self._table.column(name)

    def _summarize(self, column: str) -> None:
        import numpy as np
        import pyarrow as pa

        values = self._table.column(column)
        lists = values.combine_chunks() if isinstance(values, pa.ChunkedArray) else values
        if isinstance(lists, pa.ChunkedArray):  # nothing to combine
            lists = lists.chunk(0)
        sizes = np.asarray(lists.value_lengths().fill_null(0).to_numpy(zero_copy_only=False))
        flat = np.asarray(
            lists.flatten().cast("float64").to_numpy(zero_copy_only=False), dtype="float64"
        )
        full = sizes > 0
        starts = (np.cumsum(sizes) - sizes)[full]
        result = {part: np.full(len(sizes), np.nan) for part in _SUMMARIES}
        if len(starts):
            missing = np.isnan(flat)
            low = np.minimum.reduceat(np.where(missing, np.inf, flat), starts)
            high = np.maximum.reduceat(np.where(missing, -np.inf, flat), starts)
            count = np.add.reduceat((~missing).astype("float64"), starts)
            total = np.add.reduceat(np.where(missing, 0.0, flat), starts)
            with np.errstate(invalid="ignore", divide="ignore"):
                result["mean"][full] = total / count
                result["min"][full] = np.where(count > 0, low, np.nan)
                result["max"][full] = np.where(count > 0, high, np.nan)
                result["gap"][full] = np.where(count > 0, high - low, np.nan)
        for part, numbers in result.items():
            self._found[f"{column}.{part}"] = numbers

    def histogram(self, name: str, mask: np.ndarray[Any, Any] | None = None) -> list[Bar]:
        """Counts the rows per value, or per range of values.

        Args:
            name: Name of the fact.
            mask: True for the rows to count; None counts all.
        """
        if self.is_number(name):
            return self._number_bars(name, mask)
        import pyarrow as pa
        import pyarrow.compute as pc

        values = self.texts(name)
        if mask is not None:
            values = values.filter(pa.array(mask))
        if pa.types.is_nested(values.type):
            values = pc.list_flatten(values)
        counts = pc.value_counts(values.drop_null()).to_pylist()
        counts.sort(key=lambda each: (-each["counts"], str(each["values"])))
        return [
            Bar(str(each["values"]), each["counts"], (f"{name}={each['values']}",))
            for each in counts[:_MOST_VALUES]
        ]

    def _number_bars(self, name: str, mask: np.ndarray[Any, Any] | None) -> list[Bar]:
        import numpy as np

        numbers = self.numbers(name)
        known = numbers[np.isfinite(numbers) if mask is None else np.isfinite(numbers) & mask]
        if not len(known):
            return []
        # Many different numbers are seen in the first ones already.
        values = np.unique(known[:20_000])
        if len(values) <= _MOST_VALUES and len(values := np.unique(known)) <= _MOST_VALUES:
            counts = [int((known == value).sum()) for value in values]
            return [
                Bar(f"{value:g}", count, (f"{name}={value:g}",))
                for value, count in zip(values, counts, strict=True)
            ]
        sums, edges = np.histogram(known, bins=_BINS)
        last = len(sums) - 1
        return [
            Bar(
                f"{edges[i]:.3g}-{edges[i + 1]:.3g}",
                int(sums[i]),
                # The last bin includes its upper edge.
                (
                    f"{name}>={edges[i]:.12g}",
                    f"{name}{'<=' if i == last else '<'}{edges[i + 1]:.12g}",
                ),
            )
            for i in range(len(sums))
        ]


def _is_number_list(kind: pa.DataType) -> bool:
    import pyarrow as pa

    nested = (
        pa.types.is_list(kind)
        or pa.types.is_large_list(kind)
        or (pa.types.is_fixed_size_list(kind))
    )
    return bool(
        nested and (pa.types.is_integer(kind.value_type) or pa.types.is_floating(kind.value_type))
    )

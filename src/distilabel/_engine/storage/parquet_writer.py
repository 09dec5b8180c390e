"""The output of a leaf: Parquet files, in key order however the rows came.

Rows are written as they come, sorted within each part; if the parts overlap, they are put in order
at the end, a few parts in memory at a time. Knows Arrow, and nothing of steps.
"""

from __future__ import annotations

import logging
import threading
from array import array
from collections import OrderedDict, deque
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, NamedTuple

import orjson

from distilabel._core.surrogates import replace_surrogates
from distilabel._engine.rows.rows import Key, Row

if TYPE_CHECKING:
    import pyarrow as pa

_PART_ROWS: Final = 10_000
_PART_BYTES: Final = 64 * 2**20
_PARTS_IN_MEMORY: Final = 8

_log = logging.getLogger("distilabel.pipeline")

Part = tuple[list[Key], list[Row]]


class _Part(NamedTuple):
    """Rows that were written together, in key order."""

    path: Path
    first: Key
    last: Key
    keys: array[int] | list[Key]


def _compact(keys: list[Key]) -> array[int] | list[Key]:
    """Keys of source rows as plain numbers: a tenth of the memory, and most keys are."""
    return array("q", [key[0] for key in keys]) if all(len(k) == 1 for k in keys) else keys


def _keys(compact: array[int] | list[Key]) -> Iterator[Key]:
    return ((number,) for number in compact) if isinstance(compact, array) else iter(compact)


class ParquetWriter:
    """Collects rows and writes them.

    Args:
        folder: for the files `00001.parquet`, `00002.parquet`, ...
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._keys: list[Key] = []
        self._rows: list[Row] = []
        self._bytes = 0
        # Cut and not written yet: nothing is lost if whoever was to write it is stopped.
        self._cut: deque[Part] = deque()
        self._writing = threading.Lock()
        self._parts: list[_Part] = []
        self._schemas: list[pa.Schema] = []

    def add(self, keys: list[Key], rows: list[Row]) -> None:
        """Takes rows."""
        self._keys += keys
        self._rows += rows
        # One row stands for its chunk: the size decides when to write, nothing else.
        self._bytes += len(rows) * _rough_size(rows[0])

    @property
    def is_full(self) -> bool:
        """Whether there is enough for a part."""
        return len(self._rows) >= _PART_ROWS or self._bytes >= _PART_BYTES

    def cut(self) -> None:
        """Makes a part of what has been collected; nobody may add rows meanwhile."""
        if self._rows:
            self._cut.append((self._keys, self._rows))
        self._keys, self._rows, self._bytes = [], [], 0

    def write(self) -> None:
        """Writes the parts that were cut; from several threads, one after the other.

        Raises:
            OSError: one cannot be written.
        """
        with self._writing:
            while self._cut:
                self._write_part(*self._cut[0])
                self._cut.popleft()

    def _write_part(self, keys: list[Key], rows: list[Row]) -> None:
        if any(map(tuple.__gt__, keys, keys[1:])):
            order = sorted(range(len(keys)), key=keys.__getitem__)
            keys, rows = [keys[i] for i in order], [rows[i] for i in order]
        table = to_table(rows)
        self._folder.mkdir(parents=True, exist_ok=True)
        path = self._folder / f"{len(self._parts) + 1:05d}.parquet"
        _write(table, path)
        self._parts.append(_Part(path, keys[0], keys[-1], _compact(keys)))
        self._schemas.append(table.schema)

    def finish(self) -> None:
        """Writes the rest and puts the parts in order."""
        self.cut()
        self.write()
        if not self._parts:
            return
        in_order = all(a.last <= b.first for a, b in pairwise(self._parts))
        if in_order and all(schema.equals(self._schemas[0]) for schema in self._schemas):
            return
        self._rewrite()

    def _rewrite(self) -> None:
        schema = _common(self._schemas)
        order = sorted(
            (key, part, i)
            for part, held in enumerate(self._parts)
            for i, key in enumerate(_keys(held.keys))
        )
        cache: OrderedDict[int, pa.Table] = OrderedDict()
        written: list[Path] = []
        for start in range(0, len(order), _PART_ROWS):
            table = self._gathered(order[start : start + _PART_ROWS], schema, cache)
            path = self._folder / f"{len(written) + 1:05d}.sorted"
            _write(table, path)
            written.append(path)
        for part in self._parts:
            part.path.unlink()
        for path in written:
            path.rename(path.with_suffix(".parquet"))

    def _gathered(
        self,
        some: list[tuple[Key, int, int]],
        schema: pa.Schema,
        cache: OrderedDict[int, pa.Table],
    ) -> pa.Table:
        import pyarrow as pa

        wanted: dict[int, list[int]] = {}
        for _, part, i in some:
            wanted.setdefault(part, []).append(i)
        pieces = []
        place: dict[tuple[int, int], int] = {}
        for part, positions in wanted.items():
            for i in positions:
                place[part, i] = len(place)
            pieces.append(self._part(part, schema, cache).take(pa.array(positions)))
        return pa.concat_tables(pieces).take(pa.array([place[part, i] for _, part, i in some]))

    def _part(self, part: int, schema: pa.Schema, cache: OrderedDict[int, pa.Table]) -> pa.Table:
        import pyarrow.parquet as pq

        if part not in cache:
            cache[part] = _conform(pq.read_table(self._parts[part].path), schema)
            if len(cache) > _PARTS_IN_MEMORY:
                cache.popitem(last=False)
        cache.move_to_end(part)
        return cache[part]


def to_table(rows: list[Row]) -> pa.Table:
    """Rows as an Arrow table with a column for every key of any row.

    A column whose values have no common type is kept as text: texts as they are, others as JSON.
    """
    import pyarrow as pa

    if not all(isinstance(name, str) for row in rows for name in row):
        rows = [{str(name): value for name, value in row.items()} for row in rows]
    names = list(dict.fromkeys(name for row in rows for name in row))
    if any(replace_surrogates(name) != name for name in names):
        rows = [{replace_surrogates(name): value for name, value in row.items()} for row in rows]
        names = list(dict.fromkeys(map(replace_surrogates, names)))
    columns = []
    odd: list[str] = []
    for name in names:
        values = [row.get(name) for row in rows]
        try:
            columns.append(_without_empty_structs(_array(values, name, odd)))
        except (pa.ArrowException, UnicodeError, OverflowError, TypeError, ValueError) as error:
            _log.warning(
                "the values of column %r have no common type (%s): they are kept as text, and as "
                "JSON where they are no text",
                name,
                error,
            )
            columns.append(pa.array([None if v is None else _json(v) for v in values]))
    if odd:
        _log.warning(
            "there are halves of surrogate pairs in the columns %s, which no file can hold: U+FFFD "
            "stands in their place",
            ", ".join(map(repr, odd)),
        )
    return pa.table([*columns], names=names)


def _array(values: list[Any], name: str, odd: list[str]) -> pa.Array:
    import pyarrow as pa

    try:
        return pa.array(values)
    except UnicodeError:
        odd.append(name)
        return pa.array(replace_surrogates(values))


def _without_empty_structs(column: pa.Array) -> pa.Array:
    """Parquet has no struct without fields: where all dicts are empty there is nothing in them."""
    import pyarrow as pa

    wanted = _storable(column.type)
    return column if wanted == column.type else pa.array(_emptied(column.to_pylist()), wanted)


def _storable(kind: pa.DataType) -> pa.DataType:
    import pyarrow as pa

    if pa.types.is_struct(kind):
        fields = [(kind.field(i).name, _storable(kind.field(i).type)) for i in range(len(kind))]
        return pa.struct(fields) if fields else pa.null()
    if pa.types.is_list(kind):
        return pa.list_(_storable(kind.value_type))
    return kind


def _emptied(value: Any) -> Any:
    if isinstance(value, dict):
        return {k: _emptied(v) for k, v in value.items()} if value else None
    if isinstance(value, list):
        return [_emptied(v) for v in value]
    return value


def _json(value: Any) -> str:
    whole: Any
    if isinstance(value, str):
        whole = replace_surrogates(value)
        return str(whole)
    options = orjson.OPT_NON_STR_KEYS | orjson.OPT_SERIALIZE_NUMPY
    try:
        return orjson.dumps(value, default=_other, option=options).decode()
    except TypeError:
        whole = replace_surrogates(value)
    try:
        return orjson.dumps(whole, default=_other, option=options).decode()
    except TypeError:  # a number of more than 64 bits, somewhere inside
        return repr(whole)


def _other(value: Any) -> Any:
    if isinstance(value, (set, frozenset)):
        return sorted(value, key=repr)
    return value.tolist() if hasattr(value, "tolist") else str(value)


def _write(table: pa.Table, path: Path) -> None:
    import pyarrow.parquet as pq

    try:
        pq.write_table(table, path, compression="zstd")
    except OSError as error:
        raise OSError(
            f"The rows of {path.parent.name} cannot be written to {path.parent}: {error}. Free "
            "space or allow writing there and run again: answers that came are kept."
        ) from error


def _common(schemas: list[pa.Schema]) -> pa.Schema:
    """One schema for all parts; columns without a common type become text."""
    import pyarrow as pa

    try:
        return pa.unify_schemas(schemas, promote_options="permissive")
    except pa.ArrowException:
        fields: dict[str, pa.Field] = {}
        for field in (field for schema in schemas for field in schema):
            known = fields.get(field.name)
            if known is None:
                fields[field.name] = field
                continue
            pair = [pa.schema([known]), pa.schema([field])]
            try:
                fields[field.name] = pa.unify_schemas(pair, promote_options="permissive").field(0)
            except pa.ArrowException:
                fields[field.name] = pa.field(field.name, pa.string())
        return pa.schema(list(fields.values()))


def _conform(table: pa.Table, schema: pa.Schema) -> pa.Table:
    """The table with the columns and types of a schema its own can be promoted to."""
    import pyarrow as pa

    for field in table.schema:
        wanted = schema.field(field.name)
        if pa.types.is_string(wanted.type) and not (
            pa.types.is_string(field.type) or pa.types.is_null(field.type)
        ):
            values = [None if v is None else _json(v) for v in table[field.name].to_pylist()]
            at = table.schema.get_field_index(field.name)
            table = table.set_column(at, field.name, pa.array(values, pa.string()))
    return pa.concat_tables([schema.empty_table(), table], promote_options="permissive")


def _rough_size(row: Row) -> int:
    """Bytes of a row, roughly: of the texts at its top and one level down."""
    size = 200
    for value in row.values():
        if isinstance(value, str):
            size += len(value)
        elif isinstance(value, (list, tuple)):
            size += 100 + sum(len(v) if isinstance(v, str) else 100 for v in value)
        elif isinstance(value, dict):
            size += 100 + sum(len(v) if isinstance(v, str) else 100 for v in value.values())
    return size

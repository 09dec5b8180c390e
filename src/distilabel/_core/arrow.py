"""Converts rows to Arrow tables, and tables of several parts to one schema.

A value that has no Arrow type, or would lose something in the common type of its column, becomes
text, with a warning that names the column: a row is never lost to its type.
"""

from __future__ import annotations

import dataclasses
import enum
import json
import logging
from collections.abc import Callable, Set
from io import BytesIO
from pathlib import PurePath
from typing import TYPE_CHECKING, Any, Final
from uuid import UUID

import orjson
from pydantic import BaseModel

from distilabel._core.surrogates import replace_surrogates

if TYPE_CHECKING:
    import pyarrow as pa

# Parquet readers refuse schemas of about 90 levels; a list counts as two.
_DEEPEST: Final = 40
# Larger integers are not exact as floats.
_EXACT: Final = 2**53

_log = logging.getLogger("distilabel.pipeline")


def to_table(rows: list[dict[str, Any]]) -> pa.Table:
    """Converts rows to a table with a column for every key of any row.

    A column whose values have no common type becomes text: strings as they are, others as JSON.
    """
    import pyarrow as pa

    if not all(isinstance(name, str) for row in rows for name in row):
        rows = [{str(name): value for name, value in row.items()} for row in rows]
    names = list(dict.fromkeys(name for row in rows for name in row))
    if any(replace_surrogates(name) != name for name in names):
        rows = [{replace_surrogates(name): value for name, value in row.items()} for row in rows]
        names = list(dict.fromkeys(map(replace_surrogates, names)))
    replaced: list[str] = []
    columns = [_column([row.get(name) for row in rows], name, replaced) for name in names]
    if replaced:
        _log.warning(
            "columns %s: unpaired surrogates cannot be stored and were replaced by U+FFFD",
            ", ".join(map(repr, replaced)),
        )
    return pa.table(columns, names=names)


def _column(values: list[Any], name: str, replaced: list[str]) -> pa.Array:
    import pyarrow as pa

    failures = (pa.ArrowException, UnicodeError, OverflowError, TypeError, ValueError)
    try:
        return _stored(_array(values, name, replaced))
    except failures:
        values = [_plain(value) for value in values]
    try:
        return _stored(_array(values, name, replaced))
    except failures as error:
        if not _is_text_with_gaps(values):
            _log.warning(
                "column %r: its values have no common type (%s). They are stored as text, non-text "
                "values as JSON",
                name,
                error,
            )
        return pa.array([None if _is_missing(value) else _text(value) for value in values])


def _array(values: list[Any], name: str, replaced: list[str]) -> pa.Array:
    import pyarrow as pa

    try:
        return pa.array(values)
    except UnicodeError:
        replaced.append(name)
        return pa.array(replace_surrogates(values))


def _plain(value: Any) -> Any:
    """Replaces objects that Arrow does not know by the data they hold."""
    if isinstance(value, BaseModel):
        return _plain(value.model_dump())
    if isinstance(value, enum.Enum):
        return _plain(value.value)
    if isinstance(value, (UUID, PurePath)):
        return str(value)
    if _is_picture(value):
        return {"bytes": _png(value), "path": None}
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        return _plain(dataclasses.asdict(value))
    if isinstance(value, dict):
        return {key: _plain(item) for key, item in value.items()}
    if isinstance(value, (set, frozenset)):
        return [_plain(item) for item in sorted(value, key=repr)]
    if isinstance(value, (list, tuple)):
        return [_plain(item) for item in value]
    if hasattr(value, "tolist"):
        return value.tolist()
    return value


def _is_picture(value: Any) -> bool:
    """Whether a value is an image of Pillow, which is not imported here."""
    return any(
        base.__module__ == "PIL.Image" and base.__name__ == "Image" for base in type(value).__mro__
    )


def _png(picture: Any) -> bytes:
    """Returns an image as a PNG file, which loses nothing."""
    file = BytesIO()
    try:
        picture.save(file, "PNG")
    except OSError:  # colors that PNG does not have, such as CMYK
        file = BytesIO()
        picture.convert("RGB").save(file, "PNG")
    return file.getvalue()


def _is_missing(value: Any) -> bool:
    # NaN stands for a missing text in tables that pandas made.
    return value is None or (isinstance(value, float) and value != value)


def _is_text_with_gaps(values: list[Any]) -> bool:
    return all(isinstance(value, str) or _is_missing(value) for value in values)


def _stored(column: pa.Array) -> pa.Array:
    """Makes a column storable as Parquet, which has no struct without fields.

    Raises:
        ValueError: The values could not be read again: nested too deeply, or of an extension type.
    """
    import pyarrow as pa

    levels = _levels(column.type)
    if len(levels) > _DEEPEST:
        raise ValueError("they are nested too deeply for a Parquet file")
    if any(isinstance(kind, pa.BaseExtensionType) for level in levels for kind in level):
        raise ValueError("their type is an Arrow extension")
    wanted = _parquet_type(column.type)
    return column if wanted == column.type else pa.array(_without_empty(column.to_pylist()), wanted)


def _children(kind: pa.DataType) -> list[pa.DataType]:
    return [kind.field(i).type for i in range(kind.num_fields)]


def _levels(kind: pa.DataType) -> list[list[pa.DataType]]:
    levels = [[kind]]
    while below := [child for each in levels[-1] for child in _children(each)]:
        levels.append(below)
    return levels


def _parquet_type(kind: pa.DataType) -> pa.DataType:
    import pyarrow as pa

    if pa.types.is_struct(kind):
        fields = [(kind.field(i).name, _parquet_type(kind.field(i).type)) for i in range(len(kind))]
        return pa.struct(fields) if fields else pa.null()
    if pa.types.is_list(kind):
        return pa.list_(_parquet_type(kind.value_type))
    return kind


def _without_empty(value: Any) -> Any:
    if isinstance(value, dict):
        return {k: _without_empty(v) for k, v in value.items()} if value else None
    if isinstance(value, list):
        return [_without_empty(v) for v in value]
    return value


def _text(value: Any) -> str:
    """A string as it is, anything else as JSON; `repr` for what has no JSON."""
    clean: Any = replace_surrogates(value)
    if isinstance(clean, str):
        return clean
    options = orjson.OPT_NON_STR_KEYS | orjson.OPT_SERIALIZE_NUMPY
    try:
        return orjson.dumps(clean, default=_json_default, option=options).decode()
    except TypeError:  # an integer of more than 64 bits, or more than 254 levels
        pass
    try:
        return json.dumps(clean, default=_json_default, ensure_ascii=False, separators=(",", ":"))
    except (TypeError, ValueError, RecursionError):
        return repr(clean)


def _json_default(value: Any) -> Any:
    plain = _plain(value)
    return str(value) if plain is value else plain


def large_integers(table: pa.Table) -> set[str]:
    """Returns the columns with integers, at any depth, that are not exact as floats."""
    return {name for name in table.column_names if _has_large_integers(table[name])}


def _has_large_integers(values: pa.ChunkedArray) -> bool:
    import pyarrow as pa
    import pyarrow.compute as pc

    def is_large(flat: pa.ChunkedArray) -> bool:
        if not pa.types.is_integer(flat.type):
            return False
        bounds: dict[str, Any] = pc.min_max(flat).as_py()
        return any(bound is not None and abs(bound) > _EXACT for bound in bounds.values())

    return _any_flat(values, is_large)


def has_large_floats(table: pa.Table) -> bool:
    """Returns True if a column has floats, at any depth, that may be integers rounded to floats."""
    return any(map(_has_large_floats, table.columns))


def _has_large_floats(values: pa.ChunkedArray) -> bool:
    import pyarrow as pa
    import pyarrow.compute as pc

    def is_large(flat: pa.ChunkedArray) -> bool:
        if not pa.types.is_floating(flat.type):
            return False
        bounds: dict[str, Any] = pc.min_max(pc.if_else(pc.is_finite(flat), flat, None)).as_py()
        return any(bound is not None and abs(bound) >= _EXACT for bound in bounds.values())

    return _any_flat(values, is_large)


def _any_flat(values: pa.ChunkedArray, test: Callable[[pa.ChunkedArray], bool]) -> bool:
    """Whether a test holds for a column, or for one inside of its structs and lists."""
    import pyarrow as pa
    import pyarrow.compute as pc

    kind = values.type
    if pa.types.is_struct(kind):
        fields = range(kind.num_fields)
        return any(_any_flat(pc.struct_field(values, i), test) for i in fields)
    if pa.types.is_list(kind):
        return _any_flat(pc.list_flatten(values), test)
    return test(values)


def common_schema(schemas: list[pa.Schema], exact: Set[str] = frozenset()) -> pa.Schema:
    """Returns one schema for all parts; columns without a common type become text.

    Args:
        schemas: Of the parts.
        exact: Columns with integers that must not become floats.
    """
    import pyarrow as pa

    fields: dict[str, list[pa.Field]] = {}
    for schema in schemas:
        for field in schema:
            fields.setdefault(field.name, []).append(field)
    return pa.schema([_common_field(found, name in exact) for name, found in fields.items()])


def _common_field(fields: list[pa.Field], exact: bool) -> pa.Field:
    import pyarrow as pa

    name = fields[0].name
    try:
        pairs = [pa.schema([field]) for field in fields]
        common = pa.unify_schemas(pairs, promote_options="permissive").field(0)
    except pa.ArrowException:
        common = None
    if common is not None and not (exact and any(_rounds(f.type, common.type) for f in fields)):
        return common
    kinds = ", ".join(dict.fromkeys(str(field.type) for field in fields))
    _log.warning(
        "column %r: its values have no common type (%s). They are stored as text, non-text values "
        "as JSON",
        name,
        kinds,
    )
    return pa.field(name, pa.string())


def _rounds(kind: pa.DataType, common: pa.DataType) -> bool:
    """True if integers of a type become floats in the common type."""
    import pyarrow as pa

    if pa.types.is_integer(kind):
        return bool(pa.types.is_floating(common))
    if pa.types.is_struct(kind) and pa.types.is_struct(common):
        names = [kind.field(i).name for i in range(kind.num_fields)]
        return any(_rounds(kind.field(n).type, common.field(n).type) for n in names)
    if pa.types.is_list(kind) and pa.types.is_list(common):
        return _rounds(kind.value_type, common.value_type)
    return False


def conform(table: pa.Table, schema: pa.Schema) -> pa.Table:
    """Converts a table to the result of `common_schema`."""
    import pyarrow as pa

    for field in table.schema:
        wanted = schema.field(field.name)
        if pa.types.is_string(wanted.type) and not (
            pa.types.is_string(field.type) or pa.types.is_null(field.type)
        ):
            values = [None if v is None else _text(v) for v in table[field.name].to_pylist()]
            at = table.schema.get_field_index(field.name)
            table = table.set_column(at, field.name, pa.array(values, pa.string()))
    return pa.concat_tables([schema.empty_table(), table], promote_options="permissive")

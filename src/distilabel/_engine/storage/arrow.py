"""Converts rows to Arrow tables, and tables of several parts to one schema.

A value that has no Arrow type becomes text, with a warning: a row is never lost to its type.
"""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING, Any

import orjson

from distilabel._core.surrogates import replace_surrogates
from distilabel._engine.rows.rows import Row

if TYPE_CHECKING:
    import pyarrow as pa

_log = logging.getLogger("distilabel.pipeline")


def to_table(rows: list[Row]) -> pa.Table:
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
    columns = []
    replaced: list[str] = []
    for name in names:
        values = [row.get(name) for row in rows]
        try:
            columns.append(_without_empty_structs(_array(values, name, replaced)))
        except (pa.ArrowException, UnicodeError, OverflowError, TypeError, ValueError) as error:
            _log.warning(
                "column %r: its values have no common type (%s). They are stored as text, non-text "
                "values as JSON",
                name,
                error,
            )
            columns.append(pa.array([None if v is None else _json(v) for v in values]))
    if replaced:
        _log.warning(
            "columns %s: unpaired surrogates cannot be stored and were replaced by U+FFFD",
            ", ".join(map(repr, replaced)),
        )
    return pa.table([*columns], names=names)


def _array(values: list[Any], name: str, replaced: list[str]) -> pa.Array:
    import pyarrow as pa

    try:
        return pa.array(values)
    except UnicodeError:
        replaced.append(name)
        return pa.array(replace_surrogates(values))


def _without_empty_structs(column: pa.Array) -> pa.Array:
    """Replaces structs without fields, which Parquet does not have, by null."""
    import pyarrow as pa

    wanted = _parquet_type(column.type)
    return (
        column
        if wanted == column.type
        else pa.array(_empty_dicts_as_none(column.to_pylist()), wanted)
    )


def _parquet_type(kind: pa.DataType) -> pa.DataType:
    import pyarrow as pa

    if pa.types.is_struct(kind):
        fields = [(kind.field(i).name, _parquet_type(kind.field(i).type)) for i in range(len(kind))]
        return pa.struct(fields) if fields else pa.null()
    if pa.types.is_list(kind):
        return pa.list_(_parquet_type(kind.value_type))
    return kind


def _empty_dicts_as_none(value: Any) -> Any:
    if isinstance(value, dict):
        return {k: _empty_dicts_as_none(v) for k, v in value.items()} if value else None
    if isinstance(value, list):
        return [_empty_dicts_as_none(v) for v in value]
    return value


def _json(value: Any) -> str:
    clean: Any
    if isinstance(value, str):
        clean = replace_surrogates(value)
        return str(clean)
    options = orjson.OPT_NON_STR_KEYS | orjson.OPT_SERIALIZE_NUMPY
    try:
        return orjson.dumps(value, default=_json_default, option=options).decode()
    except TypeError:
        clean = replace_surrogates(value)
    try:
        return orjson.dumps(clean, default=_json_default, option=options).decode()
    except TypeError:  # an integer of more than 64 bits, somewhere inside
        return repr(clean)


def _json_default(value: Any) -> Any:
    if isinstance(value, (set, frozenset)):
        return sorted(value, key=repr)
    return value.tolist() if hasattr(value, "tolist") else str(value)


def common_schema(schemas: list[pa.Schema]) -> pa.Schema:
    """Returns one schema for all parts; columns without a common type become text."""
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


def conform(table: pa.Table, schema: pa.Schema) -> pa.Table:
    """Converts a table to the result of `common_schema`."""
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

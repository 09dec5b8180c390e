"""Adds what people answered in Argilla to the rows that they saw."""

from __future__ import annotations

import logging
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any, Final

from distilabel._distiset.argilla.reader import AnswerReader
from distilabel._distiset.argilla.records import (
    column_names,
    has_changed,
    record_id,
    shown_of,
    unshuffled,
)
from distilabel._distiset.human_columns import (
    HumanAnswer,
    Resolve,
    column_types,
    into_ratings,
)
from distilabel.errors import DistilabelUserError

if TYPE_CHECKING:
    from datasets import Dataset

_ROWS_AT_ONCE: Final = 1_000

_log = logging.getLogger("distilabel.distiset")


class AnswerJoin:
    """Joins the answers about the records of a dataset of Argilla with rows, by what both show.

    Only the records with answers are kept in memory. A record that another program changed since
    belongs to no row.

    Args:
        reader: Reads the answers.
        fields: Names of the fields of the dataset.
        resolve: As for `human_columns`.
        ratings: Whether the answers become the column `ratings`.
    """

    def __init__(
        self, reader: AnswerReader, fields: list[str], resolve: Resolve, ratings: bool
    ) -> None:
        self._reader = reader
        self._columns = column_names(fields)
        self._resolve = resolve
        self._ratings = ratings
        self._unmatched: dict[str, dict[str, Any]] = {}
        self._records: dict[str, list[dict[str, Any]]] = {}
        for record in reader.records():
            self._unmatched[record["id"]] = record
            if not has_changed(record):
                self._records.setdefault(record_id(unshuffled(record)), []).append(record)

    def apply(self, datasets: Mapping[str, Any]) -> dict[str, Any]:
        """Returns the datasets that have the columns that people saw, with the columns `human_*`.

        Args:
            datasets: Configuration → `datasets.Dataset` or `DatasetDict`.

        Raises:
            DistilabelUserError: No dataset has these columns.
        """
        joined: dict[str, Any] = {}
        missing: dict[str, list[str]] = {}
        for name, dataset in datasets.items():
            splits = dict(dataset) if isinstance(dataset, dict) else {"": dataset}
            absent = {
                column
                for rows in splits.values()
                for column in self._columns
                if column not in rows.column_names
            }
            if absent:
                missing[name] = sorted(absent)
                continue
            done = {split: self._with_answers(rows) for split, rows in splits.items()}
            joined[name] = type(dataset)(done) if isinstance(dataset, dict) else done[""]
        if not joined:
            lacks = "; ".join(f"{name!r} has no {columns}" for name, columns in missing.items())
            raise DistilabelUserError(
                f"No configuration has the columns that people saw in Argilla: {lacks or 'none'}."
            )
        return joined

    def stale(self) -> list[dict[str, Any]]:
        """Returns the records whose answers belong to no row, with these answers."""
        return [
            {
                "record_id": str(record["external_id"] or record["id"]),
                "fields": record["fields"],
                "human_answers": self._reader.columns(self._reader.answers(record), 1)[
                    "human_answers"
                ],
            }
            for record in self._unmatched.values()
        ]

    def _with_answers(self, rows: Dataset) -> Dataset:
        import pyarrow as pa
        from datasets import Dataset, concatenate_datasets

        types = column_types(self._resolve, self._reader.has_words)
        reads = list(self._columns)
        if self._ratings:
            types["ratings"] = pa.list_(pa.float64())
            judged = [name for name in ("ratings", "judge_ratings") if name in rows.column_names]
            reads += judged
            types["judge_ratings"] = pa.list_(pa.float64())
        schema = pa.schema(list(types.items()))
        read = rows.select_columns(list(dict.fromkeys(reads)))
        tables = [
            pa.Table.from_pylist([self._answered(row) for row in _as_rows(batch)], schema=schema)
            for batch in read.iter(batch_size=_ROWS_AT_ONCE)
        ]
        added = Dataset(pa.concat_tables(tables) if tables else schema.empty_table())
        old = [name for name in types if name in rows.column_names]
        return concatenate_datasets([rows.remove_columns(old), added], axis=1)

    def _answered(self, row: dict[str, Any]) -> dict[str, Any]:
        answers: list[HumanAnswer] = []
        for unit, fields in shown_of(row, self._columns):
            for record in self._records.get(record_id(fields), ()):
                self._unmatched.pop(record["id"], None)
                answers += self._reader.answers(record, unit)
        columns = self._reader.columns(answers, self._generations(row))
        return {**columns, **into_ratings({**row, **columns})} if self._ratings else columns

    def _generations(self, row: dict[str, Any]) -> int:
        for name, count in self._columns.items():
            value = row[name]
            if count is not None:
                return len(value or [])
            if isinstance(value, list) and not any(isinstance(item, dict) for item in value):
                return len(value)
        return 1


def _as_rows(batch: Mapping[str, list[Any]]) -> Iterator[dict[str, Any]]:
    for values in zip(*batch.values(), strict=True):
        yield dict(zip(batch, values, strict=True))


def log_stale(records: list[dict[str, Any]]) -> None:
    """Warns of records that match no row.

    Args:
        records: As `AnswerJoin.stale` returns them.
    """
    if records:
        _log.warning(
            "The answers about %d record%s in Argilla belong to no row: the texts have changed, or "
            "the rows are gone. They are in `stale_answers`; the first is %s",
            len(records),
            "s" * (len(records) > 1),
            {name: str(text)[:80] for name, text in records[0]["fields"].items() if name != "id"},
        )

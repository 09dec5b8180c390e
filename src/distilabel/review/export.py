"""Writes rows with people's answers to files, and adds the answers to datasets."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from distilabel._core.private_files import open_private
from distilabel.errors import DistilabelUserError
from distilabel.review.answers.human_answers import (
    ExportOptions,
    open_answers,
    reviewed_table,
    roles_for,
)
from distilabel.review.rows.sources import open_tables, tables_of


def export_file(
    data: Path, review_file: Path, output: Path, source: str | None = None, **options: Any
) -> int:
    """Writes the rows of a table with the columns `human_*`.

    Args:
        data: Path of the rows.
        review_file: Path of the review file.
        output: File to write, `.parquet` or `.jsonl`.
        source: Name of the table; None for the only one with answers.
        **options: As for `ExportOptions`.

    Returns:
        Number of rows.

    Raises:
        DistilabelUserError: There are several tables with answers, or none.
        OSError: The file cannot be written.
    """
    tables = {table.name: table for table in open_tables(data)}
    chosen = ExportOptions(**options)
    answers = open_answers(review_file, [source] if source else list(tables))
    if len(answers) > 1:
        raise DistilabelUserError(
            f"There are answers about {', '.join(answers)}. Name one of them: --source."
        )
    [(name, given)] = answers.items()
    table = tables[name]
    rows = reviewed_table(table, roles_for(table, given), given, chosen)
    with open_private(output, "wb") as file:
        if output.suffix == ".jsonl":
            import orjson

            for row in rows.to_pylist():
                file.write(orjson.dumps(row, default=str) + b"\n")
        else:
            import pyarrow.parquet as pq

            pq.write_table(rows, file, compression="zstd")
    return int(rows.num_rows)


def datasets_with_answers(datasets: Any, review_file: Path, **options: Any) -> dict[str, Any]:
    """Returns datasets with the columns `human_*`; those without answers stay as they are.

    Args:
        datasets: Name → dataset, or its splits.
        review_file: Path of the review file.
        **options: As for `ExportOptions`.

    Raises:
        DistilabelUserError: The file is about other rows.
    """
    from datasets import Dataset, DatasetDict

    chosen = ExportOptions(**options)
    tables = {table.name: table for table in tables_of(datasets)}
    answers = open_answers(review_file, list(tables))
    found: dict[str, Any] = {}
    for name, dataset in datasets.items():
        is_split = isinstance(dataset, dict)
        splits = dict(dataset) if is_split else {"train": dataset}
        for split in splits:
            given = answers.get(f"{name}-{split}")
            if given is not None:
                table = tables[f"{name}-{split}"]
                rows = reviewed_table(table, roles_for(table, given), given, chosen)
                splits[split] = Dataset(rows)
        found[name] = DatasetDict(splits) if is_split else splits["train"]
    return found

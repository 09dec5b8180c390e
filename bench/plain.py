"""A million small rows through three plain steps: as a pipeline, or as a loop over pyarrow.

Written without postponed annotations, as most users write their steps.
"""

import argparse
import json
import os
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

BATCH = 50
# In the environment, not an argument: steps find it too where they run in another process.
ROWS = int(os.environ.get("BENCH_ROWS", "1000000"))
_ROW_GROUP = 10_000

Rows = list[dict[str, Any]]


def made() -> Iterator[Rows]:
    """The source: batches of small rows."""
    for start in range(0, ROWS, BATCH):
        yield [
            {"id": i, "text": f"Row {i} says something short about the tides."}
            for i in range(start, min(start + BATCH, ROWS))
        ]


def with_length(rows: Rows) -> Rows:
    """First step: a number."""
    for row in rows:
        row["length"] = len(row["text"])
    return rows


def with_parity(rows: Rows) -> Rows:
    """Second step: a truth value."""
    for row in rows:
        row["even"] = row["id"] % 2 == 0
    return rows


def with_title(rows: Rows) -> Rows:
    """Third step: a text."""
    for row in rows:
        row["title"] = row["text"].upper()
    return rows


def as_pipeline(folder: Path) -> dict[str, Any]:
    """Three user steps behind a user's generator, at the default batch size."""
    # Imported here, so that the loop does not pay for what it does not use.
    from distilabel.pipeline import Pipeline
    from distilabel.steps import StepInput, step
    from distilabel.typing import GeneratorStepOutput, StepOutput

    @step(outputs=["id", "text"], step_type="generator")
    def source(offset: int = 0) -> GeneratorStepOutput:
        seen = 0
        for rows in made():
            seen += len(rows)
            if seen > offset:
                yield rows[max(0, len(rows) - (seen - offset)) :], seen == ROWS

    @step(inputs=["text"], outputs=["length"])
    def length(inputs: StepInput) -> StepOutput:
        yield with_length(inputs)

    @step(inputs=["id"], outputs=["even"])
    def parity(inputs: StepInput) -> StepOutput:
        yield with_parity(inputs)

    @step(inputs=["text"], outputs=["title"])
    def title(inputs: StepInput) -> StepOutput:
        yield with_title(inputs)

    with Pipeline("bench", cache_dir=folder) as pipeline:
        source() >> length() >> parity() >> title()
    began = time.perf_counter()
    distiset = pipeline.run(use_cache=True)
    seconds = time.perf_counter() - began
    train = distiset["default"]["train"]
    return {"rows": train.num_rows, "last": train[train.num_rows - 1], "seconds": seconds}


def as_loop(folder: Path) -> dict[str, Any]:
    """The same work in a loop, written to a Parquet file a row group at a time."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    schema = pa.schema(
        [
            ("id", pa.int64()),
            ("text", pa.string()),
            ("length", pa.int64()),
            ("even", pa.bool_()),
            ("title", pa.string()),
        ]
    )
    path = folder / "rows.parquet"
    began = time.perf_counter()
    held: Rows = []
    with pq.ParquetWriter(path, schema) as writer:
        for rows in made():
            held += with_title(with_parity(with_length(rows)))
            if len(held) >= _ROW_GROUP:
                writer.write_table(pa.Table.from_pylist(held, schema))
                held = []
        if held:
            writer.write_table(pa.Table.from_pylist(held, schema))
    seconds = time.perf_counter() - began
    file = pq.ParquetFile(path)
    tail = file.read_row_group(file.num_row_groups - 1)
    last = tail.slice(tail.num_rows - 1).to_pylist()[0]
    return {"rows": file.metadata.num_rows, "last": last, "seconds": seconds}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("who", choices=["ours", "loop"])
    parser.add_argument("folder", type=Path)
    given = parser.parse_args()
    print(json.dumps((as_pipeline if given.who == "ours" else as_loop)(given.folder)))


if __name__ == "__main__":
    main()

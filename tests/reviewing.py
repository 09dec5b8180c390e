"""Rows, files and people for the tests of the review pages."""

from __future__ import annotations

from itertools import count
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from distilabel.review.answers.answer import Answer
from distilabel.review.answers.answer_log import AnswerLog
from distilabel.review.answers.progress import Progress
from distilabel.review.answers.questions import guess_questions, stored_questions
from distilabel.review.answers.queue import Queue
from distilabel.review.answers.review_file import ReviewFile
from distilabel.review.answers.row_ids import RowIds
from distilabel.review.rows.columns import guess_roles
from distilabel.review.rows.facts import Facts
from distilabel.review.rows.table import RowTable, table_in_memory

_ids = count(1)


def preference_rows(number: int) -> list[dict[str, Any]]:
    """Rows with two answers each, rated by a judge."""
    return [
        {
            "id": i,
            "instruction": f"Question {i}: what do owls eat?",
            "generations": [f"Mice, of course. ({i})", f"Owls eat mice and **voles**. ({i})"],
            "generation_models": ["secret-model-one", "secret-model-two"],
            "ratings": [float(1 + i % 5), float(1 + i // 5 % 5)],
            "topic": ["birds", "mice", "night"][i % 3],
        }
        for i in range(number)
    ]


def write_parts(folder: Path, rows: list[dict[str, Any]], parts: int = 2) -> Path:
    """Writes rows to numbered Parquet files."""
    folder.mkdir(parents=True, exist_ok=True)
    size = -(-len(rows) // parts)
    for part in range(parts):
        chunk = rows[part * size : (part + 1) * size]
        table = pa.Table.from_pylist(chunk, pa.Table.from_pylist(rows).schema)
        pq.write_table(table, folder / f"{part + 1:05d}.parquet", row_group_size=4)
    return folder


def in_memory(rows: list[dict[str, Any]], fingerprint: str = "1") -> RowTable:
    """A table of rows."""
    return table_in_memory("default-train", pa.Table.from_pylist(rows), fingerprint)


class Desk:
    """A review file with one source, and everything that its queue needs."""

    def __init__(self, path: Path, table: RowTable) -> None:
        sample = table.take(range(min(5, len(table))))
        self.file = ReviewFile(path)
        self.table = table
        self.roles = guess_roles(table.schema, sample)
        self.source = self.file.source(table.name, table.fingerprint, self.roles.shown)
        self.ids = RowIds(self.file, self.source, table)
        self.log = AnswerLog(self.file, self.source.id)
        self.progress = Progress(self.log)
        self.facts = Facts(table, self.roles.facts)
        self.questions = stored_questions(
            self.file, self.source.id, guess_questions(self.roles, [], sample)
        )
        self.queue = Queue(self.file, self.source, table, self.facts, self.ids, self.progress)

    def answer(self, uid: str, value: Any = 0, annotator: str = "ada", **more: Any) -> Answer:
        """Stores the answer of a person."""
        answer = Answer(
            more.pop("id", f"answer-{next(_ids)}"),
            uid,
            more.pop("question", "choice"),
            value,
            annotator=annotator,
            **more,
        )
        self.log.append([answer])
        self.progress.update([answer])
        self.queue.release(annotator, {uid})
        return answer

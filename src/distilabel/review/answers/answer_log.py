"""`AnswerLog`: appends answers and reads those that count, the last of each person and question."""

from __future__ import annotations

import json
import time
from collections.abc import Iterable, Iterator
from dataclasses import fields
from typing import Any, Final

from distilabel.errors import DistilabelUserError
from distilabel.review.answers.answer import EDIT, ROW, SIDE_QUESTIONS, Answer
from distilabel.review.answers.review_file import ReviewFile

# A row that a person answers again, to measure how consistent they are; it never counts as the
# answer to the row.
REPEAT: Final = "repeat"

_COLUMNS: Final = ", ".join(field.name for field in fields(Answer))


class EditConflictError(DistilabelUserError):
    """Raised when a text was edited meanwhile.

    Args:
        current: The edit that is stored.
    """

    def __init__(self, current: Answer) -> None:
        super().__init__("The text was edited in another window meanwhile. Choose one of the two.")
        self.current = current


class AnswerLog:
    """The answers about one source.

    Args:
        file: Review file.
        source: Number of the source.
    """

    def __init__(self, file: ReviewFile, source: int) -> None:
        self._file = file
        self._source = source

    def append(self, answers: Iterable[Answer]) -> dict[str, int]:
        """Appends answers in one transaction; those that are stored already are skipped.

        An edit whose value has a `base` is refused if another edit than that was stored since.

        Args:
            answers: Checked answers.

        Returns:
            Id → number of each answer.

        Raises:
            EditConflictError: A text was edited meanwhile.
            sqlite3.Error: The file cannot be written.
        """
        numbers = {}
        with self._file.transaction() as connection:
            for each in answers:
                stored = connection.execute("SELECT seq FROM answer WHERE id=?", (each.id,))
                known = stored.fetchone()
                if known is None:
                    self._check_base(each)
                    known = connection.execute(
                        "INSERT INTO answer (id, source, uid, annotator, question, version, unit,"
                        " value, status, shown, judge, strategy, ms, at)"
                        " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?) RETURNING seq",
                        self._values(each),
                    ).fetchone()
                numbers[each.id] = known[0]
        return numbers

    def _check_base(self, answer: Answer) -> None:
        if answer.question != EDIT or not isinstance(answer.value, dict):
            return
        base = answer.value.get("base")
        [current] = [
            *self.current(answer.uid, answer.annotator, answer.question, answer.unit),
            None,
        ][:1]
        if current is not None and current.value is not None and current.seq != base:
            raise EditConflictError(current)

    def _values(self, answer: Answer) -> tuple[Any, ...]:
        return (
            answer.id,
            self._source,
            answer.uid,
            answer.annotator,
            answer.question,
            answer.version,
            answer.unit,
            json.dumps(answer.value, ensure_ascii=False),
            answer.status,
            json.dumps(answer.shown),
            json.dumps(answer.judge, ensure_ascii=False, default=str),
            answer.strategy,
            answer.ms,
            answer.at or time.time(),
        )

    def current(
        self, uid: str = "", annotator: str = "", question: str = "", unit: str | None = None
    ) -> list[Answer]:
        """Returns the answers that count, in the order in which they were given.

        The last answer of each person to each question about a row or candidate counts. One that
        was taken back has the status `cleared`.

        Args:
            uid: Only those about this row.
            annotator: Only those of this person.
            question: Only those to this question.
            unit: Only those about this candidate.
        """
        where, values = "source=? AND strategy!=?", [self._source, REPEAT]
        for name, value in (("uid", uid), ("annotator", annotator), ("question", question)):
            if value:
                where += f" AND {name}=?"
                values.append(value)
        if unit is not None:
            where += " AND unit=?"
            values.append(unit)
        return list(
            self._read(
                f"SELECT {_COLUMNS} FROM answer WHERE seq IN (SELECT max(seq) FROM answer "
                f"WHERE {where} GROUP BY uid, annotator, question, unit) ORDER BY seq",
                values,
            )
        )

    def last(self, annotator: str, count: int) -> list[Answer]:
        """Returns the last answers that a person gave, drafts aside, latest first."""
        return list(
            self._read(
                f"SELECT {_COLUMNS} FROM answer WHERE source=? AND annotator=? AND status!='draft' "
                "ORDER BY seq DESC LIMIT ?",
                [self._source, annotator, count],
            )
        )

    def repeats(self) -> list[Answer]:
        """Returns the answers to rows that a person was shown again."""
        return list(
            self._read(
                f"SELECT {_COLUMNS} FROM answer WHERE source=? AND strategy=? "
                "AND status='submitted' ORDER BY seq",
                [self._source, REPEAT],
            )
        )

    def clear_batch(self, strategy: str, annotator: str) -> int:
        """Takes back the answers of a batch, such as that to all rows of a filter.

        Args:
            strategy: Strategy of the batch.
            annotator: The person who gave it.

        Returns:
            Number of answers taken back.
        """
        batch = [
            each
            for each in self.current(annotator=annotator)
            if each.strategy == strategy and each.status != "cleared"
        ]
        for each in batch:
            each.id = f"undo-{each.id}"
            each.status, each.value = "cleared", None
        return len(self.append(batch))

    def _read(self, query: str, values: list[Any]) -> Iterator[Answer]:
        for row in self._file.connection.execute(query, values):
            answer = Answer(*row)
            answer.value = json.loads(row[3])
            answer.shown = json.loads(row[8])
            answer.judge = json.loads(row[9])
            yield answer


def finishes(answer: Answer) -> bool:
    """Whether an answer decides about its row, unlike a note or a draft."""
    if answer.question == ROW:
        return answer.status == "later"
    return answer.question not in SIDE_QUESTIONS and answer.status == "submitted"

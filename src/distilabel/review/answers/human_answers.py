"""Answers of a review file as the columns `human_*` of rows."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, get_args

from distilabel._distiset.human_columns import (
    HumanAnswer,
    Kind,
    Resolve,
    column_types,
    human_columns,
    into_ratings,
)
from distilabel.errors import DistilabelUserError
from distilabel.review.answers.answer import CODES, EDIT, FLAG, NOTE, Answer
from distilabel.review.answers.answer_log import AnswerLog
from distilabel.review.answers.codes import Codebook
from distilabel.review.answers.questions import Question, stored_questions
from distilabel.review.answers.review_file import ReviewFile
from distilabel.review.answers.row_ids import numbered, row_digest
from distilabel.review.rows.columns import ColumnRoles, guess_roles
from distilabel.review.rows.table import RowTable

if TYPE_CHECKING:
    import pyarrow as pa

_SIDE_KINDS: Final[dict[str, Kind]] = {NOTE: "note", FLAG: "flag", CODES: "code", EDIT: "edit"}
# Lowest first; the page lists the better one first.
_VERDICTS: Final = ("bad", "good")


@dataclass(frozen=True)
class ExportOptions:
    """How answers become columns.

    Attributes:
        resolve: How the answers of several people become one.
        numbers: Whether labels become their positions, lowest first.
        into_ratings: Whether `ratings` are people's, and the judge's where there is none.
        drop_flagged: Whether rows with a flag are left out.
        reviewed_only: Whether rows without an answer are left out.
    """

    resolve: Resolve = "median"
    numbers: bool = False
    into_ratings: bool = False
    drop_flagged: bool = False
    reviewed_only: bool = True

    def __post_init__(self) -> None:
        if self.resolve not in get_args(Resolve):
            names = ", ".join(map(repr, get_args(Resolve)))
            raise DistilabelUserError(
                f"resolve={self.resolve!r} is not valid. Use one of: {names}."
            )


@dataclass
class SourceAnswers:
    """The answers about one source, by row.

    Attributes:
        name: Name of the source.
        shown: Columns that people saw.
        answers: Id of the row → its answers that count, earliest first.
        kinds: Question → its kind.
        labels: Question → its labels, lowest first.
        codes: Number of a code → its name.
    """

    name: str
    shown: tuple[str, ...]
    answers: dict[str, list[Answer]]
    kinds: dict[str, Kind]
    labels: dict[str, list[str]]
    codes: dict[int, str]
    _seen: dict[str, int] = field(init=False, default_factory=lambda: defaultdict(int))

    @classmethod
    def read(cls, file: ReviewFile, name: str) -> SourceAnswers:
        """Reads the answers about a source.

        Raises:
            DistilabelUserError: The file has no source of that name.
        """
        sources = file.sources()
        if name not in sources:
            known = ", ".join(map(repr, sources)) or "none"
            raise DistilabelUserError(f"{file.path} has no answers about {name!r}, only: {known}.")
        number, shown = sources[name]
        log = AnswerLog(file, number)
        questions = stored_questions(file, number, [])
        return cls.of(name, shown, log.current(), questions, Codebook(file).names())

    @classmethod
    def of(
        cls,
        name: str,
        shown: tuple[str, ...],
        answers: Iterable[Answer],
        questions: Iterable[Question],
        codes: dict[int, str],
    ) -> SourceAnswers:
        """Groups answers by row."""
        by_row: dict[str, list[Answer]] = {}
        for each in sorted(answers, key=lambda answer: answer.seq):
            if each.status not in ("draft", "cleared"):
                by_row.setdefault(each.uid, []).append(each)
        labels = {}
        kinds: dict[str, Kind] = dict(_SIDE_KINDS)
        for question in questions:
            kinds[question.name] = question.kind
            if question.kind == "label":
                options = [str(option) for option in question.options]
                is_verdict = set(options) == set(_VERDICTS)
                labels[question.name] = list(_VERDICTS) if is_verdict else options
        return cls(name, shown, by_row, kinds, labels, codes)

    def next_uid(self, row: Mapping[str, Any]) -> str:
        """Returns the id of the next row in the order of a dataset."""
        of = row_digest(dict(row), self.shown)
        # Rows with the same texts: those that were answered come first.
        while True:
            uid = numbered(of, self._seen[of])
            self._seen[of] += 1
            if uid in self.answers or not any(
                numbered(of, later) in self.answers
                for later in range(self._seen[of], self._seen[of] + 5)
            ):
                return uid

    def start(self) -> None:
        """Begins with the first row of a dataset again."""
        self._seen.clear()

    def human(self, uid: str) -> list[HumanAnswer]:
        """Returns the answers about a row in the form of the columns."""
        return [self._human(answer) for answer in self.answers.get(uid, ())]

    def _human(self, answer: Answer) -> HumanAnswer:
        value, kind = answer.value, self.kinds.get(answer.question)
        if answer.status != "submitted" or value is None:
            kind = None
        elif kind == "code":
            value = list(dict.fromkeys(self.codes.get(code, str(code)) for code in value))
        elif kind == "edit":
            value = value["text"]
        elif kind == "label":
            value = ", ".join(map(str, value)) if isinstance(value, list) else str(value)
        unit = int(answer.unit) if answer.unit else 0 if kind in ("label", "rating") else None
        return HumanAnswer(
            answer.annotator,
            answer.question,
            value,
            kind,
            unit,
            answer.version,
            answer.status,
            answer.ms / 1000,
            datetime.fromtimestamp(answer.at, UTC).isoformat(timespec="seconds"),
        )


def reviewed_rows(
    table: RowTable, roles: ColumnRoles, answers: SourceAnswers, options: ExportOptions
) -> Iterator[tuple[int, dict[str, Any]]]:
    """Adds the columns `human_*` to rows, and leaves out those that the options exclude.

    Args:
        table: Rows, in any order.
        roles: What its columns are.
        answers: Answers about them.
        options: How answers become columns.

    Yields:
        The position of a row, and the row.
    """
    answers.start()
    labels = answers.labels if options.numbers else None
    for start, piece in table.batches(table.columns):
        for offset, row in enumerate(piece.to_pylist()):
            uid = answers.next_uid(row)
            given = answers.human(uid)
            if options.reviewed_only and not given:
                continue
            human = human_columns(given, len(roles.texts_of(row)), options.resolve, labels)
            if options.drop_flagged and any(human["human_flags"]):
                continue
            row |= human
            if options.into_ratings:
                row |= into_ratings(row)
            yield start + offset, row


def reviewed_table(
    table: RowTable, roles: ColumnRoles, answers: SourceAnswers, options: ExportOptions
) -> pa.Table:
    """Returns the rows of `reviewed_rows` as an Arrow table.

    Raises:
        DistilabelUserError: People's answers are words and cannot become ratings.
    """
    import pyarrow as pa

    rows = [row for _, row in reviewed_rows(table, roles, answers, options)]
    types = dict(zip(table.schema.names, table.schema.types, strict=True))
    types |= column_types(options.resolve, bool(answers.labels) and not options.numbers)
    if options.into_ratings:
        numbers = pa.list_(pa.float64())
        types |= {"ratings": numbers, "judge_ratings": types.get("ratings", numbers)}
    return pa.Table.from_pylist(rows, pa.schema(list(types.items())))


def open_answers(path: Path, names: Sequence[str]) -> dict[str, SourceAnswers]:
    """Reads the answers about tables from a review file.

    Args:
        path: Path of the file.
        names: Names of the tables. If there is one, and the file is about one of another name,
            the answers of that one are meant.

    Returns:
        Name of the table → answers; tables without answers are left out.

    Raises:
        DistilabelUserError: There is no such file, or it is about none of the tables.
    """
    if not path.is_file():
        raise DistilabelUserError(
            f"{path} does not exist. Give the file that `distilabel review` made."
        )
    file = ReviewFile(path)
    try:
        sources = list(file.sources())
        if len(names) == 1 and len(sources) == 1:
            return {names[0]: SourceAnswers.read(file, sources[0])}
        found = {name: SourceAnswers.read(file, name) for name in names if name in sources}
    finally:
        file.close()
    if not found:
        raise DistilabelUserError(
            f"{path} has answers about {', '.join(sources) or 'nothing'}, but the rows are those "
            f"of {', '.join(names)}."
        )
    return found


def roles_for(table: RowTable, answers: SourceAnswers) -> ColumnRoles:
    """Returns the roles of the columns of a table.

    Raises:
        DistilabelUserError: A column that people saw is missing.
    """
    missing = [name for name in answers.shown if name not in table.columns]
    if missing:
        raise DistilabelUserError(
            f"{table.name}: the column {missing[0]!r} is missing, which people saw when they "
            "answered. Keep the columns of the reviewed rows."
        )
    return guess_roles(table.schema, table.take(range(min(5, len(table)))))

"""`Question`: what people are asked about a row; guessed from its columns, with versions."""

from __future__ import annotations

import json
import time
from dataclasses import asdict, dataclass, field
from typing import Any, Final, Literal

from distilabel.errors import DistilabelUserError
from distilabel.review.answers.answer import BOTH_BAD, BOTH_GOOD
from distilabel.review.answers.review_file import ReviewFile
from distilabel.review.rows.columns import ColumnRoles

Kind = Literal["choice", "rating", "label"]

RATINGS: Final = (1, 2, 3, 4, 5)
_MOST_LABELS: Final = 40


@dataclass(frozen=True)
class Question:
    """A question.

    Attributes:
        name: Name, such as `choice`.
        kind: `choice` (of a candidate), `rating` (of each candidate) or `label` (of the row).
        options: Ratings or labels; empty for a choice.
        guidelines: What annotators should know, in Markdown.
        version: Version; it rises when the options or the guidelines change.
    """

    name: str
    kind: Kind
    options: list[Any] = field(default_factory=list)
    guidelines: str = ""
    version: int = 1

    def to_dict(self) -> dict[str, Any]:
        """Returns the question as JSON-like data."""
        return asdict(self)

    def check(self, value: Any, candidates: int) -> None:
        """Checks a submitted value.

        Raises:
            DistilabelUserError: It is not one of the possible values.
        """
        if self.kind == "choice":
            possible: list[Any] = [*range(candidates), BOTH_GOOD, BOTH_BAD]
        else:
            possible = self.options
        values = value if self.kind == "label" and isinstance(value, list) else [value]
        for each in values:
            if isinstance(each, bool) or each not in possible:
                raise DistilabelUserError(
                    f"answer: {each!r} is not a {self.kind} for {self.name!r}. Possible values: "
                    f"{', '.join(map(str, possible[:_MOST_LABELS]))}."
                )


def guess_questions(
    roles: ColumnRoles, labels: list[str], sample: list[dict[str, Any]]
) -> list[Question]:
    """Guesses the questions about rows; the first one is answered by digits.

    Args:
        roles: What the columns are.
        labels: Labels that occur in the column of labels.
        sample: The first rows.
    """
    rate = Question("rating", "rating", list(RATINGS))
    pick = Question("choice", "choice")
    if roles.task == "generations":
        most = max((len(roles.texts_of(row)) for row in sample), default=0)
        return [pick, rate] if most == 2 else [rate, pick]
    if roles.task == "pair":
        return [pick]
    if labels:
        return [Question("label", "label", labels[:_MOST_LABELS])]
    return [Question("verdict", "label", ["good", "bad"])]


def stored_questions(file: ReviewFile, source: int, guessed: list[Question]) -> list[Question]:
    """Returns the latest version of each question; stores the guessed ones if there are none."""
    found = {}
    for name, kind, options, guidelines, version in file.connection.execute(
        "SELECT name, kind, options, guidelines, version FROM question WHERE source=? "
        "ORDER BY version, rowid",
        (source,),
    ):
        found[name] = Question(name, kind, json.loads(options), guidelines, version)
    if not found:
        with file.transaction():
            for each in guessed:
                _store(file, source, each)
        return guessed
    return list(found.values())


def change_question(file: ReviewFile, source: int, question: Question) -> Question:
    """Stores a question as the next version.

    Raises:
        DistilabelUserError: Its options are empty or not texts or numbers.
    """
    options = question.options
    if question.kind != "choice" and (
        not options
        or len(options) > _MOST_LABELS
        or not all(isinstance(each, (str, int, float)) for each in options)
    ):
        raise DistilabelUserError(
            f"question {question.name!r}: options must be 1 to {_MOST_LABELS} texts or numbers."
        )
    with file.transaction() as connection:
        version = connection.execute(
            "SELECT max(version) FROM question WHERE source=? AND name=?", (source, question.name)
        ).fetchone()[0]
        changed = Question(
            question.name, question.kind, options, question.guidelines, (version or 0) + 1
        )
        _store(file, source, changed)
    return changed


def _store(file: ReviewFile, source: int, question: Question) -> None:
    file.connection.execute(
        "INSERT INTO question VALUES (?, ?, ?, ?, ?, ?, ?)",
        (
            source,
            question.name,
            question.version,
            question.kind,
            json.dumps(question.options, ensure_ascii=False),
            question.guidelines,
            time.time(),
        ),
    )

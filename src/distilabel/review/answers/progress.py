"""`Progress`: which rows each person has decided, put off, flagged or noted; kept in memory."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from distilabel.review.answers.answer import CODES, FLAG, NOTE, ROW, Answer
from distilabel.review.answers.answer_log import AnswerLog, finishes


class Progress:
    """What has been done about the rows of a source.

    Args:
        log: Its answers, which are read once.
    """

    def __init__(self, log: AnswerLog) -> None:
        # Id of the row → (person, question, unit) → answer that counts.
        self._rows: dict[str, dict[tuple[str, str, str], Answer]] = {}
        # Person → rows they decided, in the order in which they did.
        self._decided: dict[str, dict[str, None]] = {}
        self._later: dict[str, set[str]] = {}
        # Person → rows shown to them again.
        self.repeated: dict[str, set[str]] = {}
        self.update(log.current())
        for each in log.repeats():
            self.repeated.setdefault(each.annotator, set()).add(each.uid)

    def update(self, answers: Iterable[Answer]) -> None:
        """Takes in answers that were appended."""
        for each in answers:
            row = self._rows.setdefault(each.uid, {})
            row[each.annotator, each.question, each.unit] = each
            self._decided.setdefault(each.annotator, {})
            mine = [a for a in row.values() if a.annotator == each.annotator and finishes(a)]
            decided = any(a.question != ROW for a in mine)
            later = not decided and bool(mine)
            if decided:
                self._decided[each.annotator].setdefault(each.uid)
            else:
                self._decided[each.annotator].pop(each.uid, None)
            postponed = self._later.setdefault(each.annotator, set())
            (postponed.add if later else postponed.discard)(each.uid)

    @property
    def annotators(self) -> list[str]:
        """Persons who decided at least one row."""
        return sorted(name for name, rows in self._decided.items() if rows)

    def decided(self, annotator: str) -> dict[str, None]:
        """Returns the rows that a person decided, in the order in which they did."""
        return self._decided.get(annotator, {})

    def later(self, annotator: str) -> set[str]:
        """Returns the rows that a person put off."""
        return self._later.get(annotator, set())

    def deciders(self, uid: str) -> set[str]:
        """Returns the persons who decided a row."""
        return {name for name, rows in self._decided.items() if uid in rows}

    def answers(self, uid: str) -> list[Answer]:
        """Returns the answers about a row that count."""
        return list(self._rows.get(uid, {}).values())

    @property
    def all_answers(self) -> list[Answer]:
        """All answers that count."""
        return [answer for row in self._rows.values() for answer in row.values()]

    @property
    def reviewed(self) -> set[str]:
        """Rows that at least one person decided."""
        return {uid for rows in self._decided.values() for uid in rows}

    def having(self, name: str, value: str) -> set[str]:
        """Returns the rows of a condition on answers.

        Args:
            name: `is`, `code`, `by` or `answer`.
            value: For `is`: `reviewed`, `flagged`, `noted`, `later`, `mixed` (people differ) or
                `overruled` (people differ from the judge). Otherwise a code's number, a person, or
                an answer such as `choice=-1`.
        """
        test = {
            "is": lambda answers: _is(value, answers),
            "code": lambda answers: any(
                a.question == CODES and value in map(str, a.value or ()) for a in answers
            ),
            "by": lambda answers: any(a.annotator == value and finishes(a) for a in answers),
            "answer": lambda answers: any(
                finishes(a) and f"{a.question}={a.value}" == value for a in answers
            ),
        }.get(name)
        if test is None:
            return set()
        return {uid for uid, row in self._rows.items() if test(list(row.values()))}


def _is(value: str, answers: list[Answer]) -> bool:
    if value == "reviewed":
        return any(finishes(a) and a.question != ROW for a in answers)
    if value == "flagged":
        return any(a.question == FLAG and a.value is True for a in answers)
    if value == "noted":
        return any(a.question == NOTE and bool(a.value) for a in answers)
    if value == "later":
        return any(a.question == ROW and a.status == "later" for a in answers)
    decided = [a for a in answers if finishes(a) and a.question != ROW]
    if value == "mixed":
        groups: dict[tuple[str, str], set[Any]] = {}
        for a in decided:
            groups.setdefault((a.question, a.unit), set()).add(str(a.value))
        return any(len(values) > 1 for values in groups.values())
    if value == "overruled":
        return any(a.judge is not None and a.judge != a.value for a in decided)
    return False

"""`ReviewedTable`: a table with everything that is known about the review of its rows."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Iterable
from typing import Any, Final

from distilabel.errors import DistilabelUserError
from distilabel.review.answers.answer import EDIT, Answer
from distilabel.review.answers.answer_log import REPEAT, AnswerLog
from distilabel.review.answers.human_answers import SourceAnswers
from distilabel.review.answers.progress import Progress
from distilabel.review.answers.questions import Question, guess_questions, stored_questions
from distilabel.review.answers.queue import Draw, Queue
from distilabel.review.answers.review_file import ReviewFile
from distilabel.review.answers.row_ids import RowIds
from distilabel.review.answers.shuffle import display_order
from distilabel.review.blocks import block, plain_text
from distilabel.review.rows.columns import ColumnRoles, guess_roles
from distilabel.review.rows.facts import Facts
from distilabel.review.rows.table import RowTable
from distilabel.review.rows.text_index import WORTH_ROWS, TextIndex

_SAMPLE: Final = 5
# Rows that were sent to a browser, whose answers arrive soon.
_RECENT: Final = 200


class ReviewedTable:
    """The review of one table. Methods that read or write answers belong to one thread.

    Args:
        file: Review file.
        table: Rows.
    """

    def __init__(self, file: ReviewFile, table: RowTable) -> None:
        sample = table.take(range(min(_SAMPLE, len(table))))
        self.file = file
        self.table = table
        guessed = guess_roles(table.schema, sample)
        self.source = file.source(table.name, table.fingerprint, guessed.shown)
        self.roles: ColumnRoles = guessed
        self.facts = Facts(table, guessed.facts)
        self.ids = RowIds(file, self.source, table)
        self.log = AnswerLog(file, self.source.id)
        self.progress = Progress(self.log)
        self.queue = Queue(file, self.source, table, self.facts, self.ids, self.progress)
        labels = self._labels() if guessed.task == "text" else []
        self.questions = stored_questions(
            file, self.source.id, guess_questions(guessed, labels, sample)
        )
        self._recent: OrderedDict[str, dict[str, Any]] = OrderedDict()
        self.index: TextIndex | None = None
        if len(table) >= WORTH_ROWS:
            path = file.path.with_name(f"{file.path.stem}-{self.source.id}.index.sqlite")
            self.index = TextIndex(path, table, guessed.shown)

    def _labels(self) -> list[str]:
        if not self.roles.label or self.roles.label not in self.facts:
            return []
        return sorted(bar.label for bar in self.facts.histogram(self.roles.label))

    @property
    def name(self) -> str:
        """Name of the table."""
        return self.table.name

    def question(self, name: str) -> Question | None:
        """Returns a question by its name; None for notes, flags and the like."""
        return next((each for each in self.questions if each.name == name), None)

    def row(self, uid: str) -> dict[str, Any]:
        """Returns a row by its id.

        Raises:
            DistilabelUserError: No row has that id now.
        """
        if uid not in self._recent:
            position = self.ids.position(uid)
            if position is None:
                raise DistilabelUserError(
                    f"{self.name}: the row {uid} is not in the data. Its texts may have changed; "
                    "answers about it are listed as stale."
                )
            self._remember(uid, self.table.take([position])[0])
        return self._recent[uid]

    def _remember(self, uid: str, row: dict[str, Any]) -> None:
        self._recent[uid] = row
        self._recent.move_to_end(uid)
        while len(self._recent) > _RECENT:
            self._recent.popitem(last=False)

    # -- what a person sees -----------------------------------------------------------------

    def order(self, uid: str, annotator: str, strategy: str) -> list[int]:
        """Returns the order in which a person sees the candidates of a row."""
        count = len(self.roles.texts_of(self.row(uid)))
        if not self.source.settings.get("shuffle", True):
            return list(range(count))
        # A repeated row shows them in another order.
        again = REPEAT if strategy == REPEAT else ""
        return display_order(count, f"{self.file.seed} {uid} {annotator} {again}")

    def card(self, draw: Draw, annotator: str) -> dict[str, Any]:
        """Returns a row as a person sees it before the answer: no models, ratings or order."""
        self._remember(draw.uid, draw.row)
        order = self.order(draw.uid, annotator, draw.strategy)
        texts = self.roles.texts_of(draw.row)
        stored = []
        if draw.strategy != REPEAT:
            places = {str(original): str(place) for place, original in enumerate(order)}
            for each in self.progress.answers(draw.uid):
                if each.annotator == annotator and each.status != "cleared":
                    stored.append(
                        {
                            "question": each.question,
                            "unit": places.get(each.unit, each.unit),
                            "value": self._as_shown(each, order),
                            "status": each.status,
                            "seq": each.seq,
                        }
                    )
        return {
            "uid": draw.uid,
            "strategy": draw.strategy,
            "context": [
                {"name": name, **block(draw.row.get(name), name)} for name in self.roles.context
            ],
            "candidates": [
                {**block(texts[i], self._column(i)), "words": len(plain_text(texts[i]).split())}
                for i in order
            ],
            "stored": stored,
        }

    def _column(self, index: int) -> str:
        return self.roles.candidates[min(index, len(self.roles.candidates) - 1)]

    def _as_shown(self, answer: Answer, order: list[int]) -> Any:
        question = self.question(answer.question)
        value = answer.value
        if question is not None and question.kind == "choice" and value in order:
            return order.index(value)
        return value

    def revealed(self, uid: str, annotator: str, strategy: str) -> dict[str, Any]:
        """Returns what is hidden until the answer, in the order of the candidates on the page."""
        order = self.order(uid, annotator, strategy)
        found: dict[str, Any] = {"order": order}
        for name, value in self.roles.judged(self.row(uid)).items():
            is_list = isinstance(value, list) and len(value) == len(order)
            found[name] = [value[i] for i in order] if is_list else value
        return found

    # -- what a person answers --------------------------------------------------------------

    def accept(self, answers: Iterable[Answer], annotator: str) -> dict[str, int]:
        """Checks answers, maps them to the original order of the candidates and stores them.

        Args:
            answers: Answers as the page sends them: about candidates in the order shown.
            annotator: Name of the person.

        Returns:
            Id → number of each answer.

        Raises:
            DistilabelUserError: An answer is not valid.
            EditConflictError: A text was edited in another window meanwhile.
            sqlite3.Error: The file cannot be written.
        """
        mapped = [self._mapped(each, annotator) for each in answers]
        numbers = self.log.append(mapped)
        for each in mapped:
            each.seq = numbers[each.id]
            if each.strategy == REPEAT:
                self.progress.repeated.setdefault(annotator, set()).add(each.uid)
        self.progress.update(each for each in mapped if each.strategy != REPEAT)
        self.queue.release(annotator, {each.uid for each in mapped if each.status != "draft"})
        if any(each.status == "cleared" for each in mapped):
            self.queue.reopen(annotator)
        return numbers

    def accept_all(
        self, answers: list[Answer], rows: dict[str, dict[str, Any]], annotator: str
    ) -> dict[str, int]:
        """Checks and stores one answer about many rows, as a filter finds them.

        Args:
            answers: Answers about candidates in their original order.
            rows: Id → row.
            annotator: Name of the person.

        Returns:
            Id → number of each answer.

        Raises:
            DistilabelUserError: The answer is not valid.
            sqlite3.Error: The file cannot be written.
        """
        for each in answers:
            each.check()
            question = self.question(each.question)
            if question is not None:
                question.check(each.value, len(self.roles.texts_of(rows[each.uid])))
                each.version = question.version
                each.judge = self._judge(question, rows[each.uid], each.unit)
            each.annotator = annotator
        numbers = self.log.append(answers)
        self.progress.update(answers)
        return numbers

    def _mapped(self, answer: Answer, annotator: str) -> Answer:
        answer.check()
        order = self.order(answer.uid, annotator, answer.strategy)
        question = self.question(answer.question)
        if answer.unit:
            if not answer.unit.isdigit() or int(answer.unit) >= len(order):
                raise DistilabelUserError(
                    f"answer: the row has {len(order)} candidates, not one of number "
                    f"{answer.unit!r}."
                )
            answer.unit = str(order[int(answer.unit)])
        if question is not None:
            answer.version = question.version
            if answer.value is not None:
                question.check(answer.value, len(order))
                if question.kind == "choice" and answer.value >= 0:
                    answer.value = order[answer.value]
            answer.judge = self.judge_value(question, answer.uid, answer.unit)
        answer.annotator = annotator
        answer.shown = {"order": order, "blind": True}
        return answer

    def judge_value(self, question: Question, uid: str, unit: str) -> Any:
        """Returns what the judge answers to a question; None if it does not."""
        return self._judge(question, self.row(uid), unit)

    def _judge(self, question: Question, row: dict[str, Any], unit: str) -> Any:
        judged = self.roles.judged(row)
        ratings = judged.get("ratings")
        if question.kind == "rating":
            is_there = isinstance(ratings, list) and unit and int(unit) < len(ratings)
            return ratings[int(unit)] if is_there and ratings else None
        if question.kind == "choice":
            if isinstance(ratings, list) and ratings and all(r is not None for r in ratings):
                best = max(ratings)
                return ratings.index(best) if ratings.count(best) == 1 else -1
            # Without ratings, the column itself says which one was preferred.
            return 0 if self.roles.task == "pair" else None
        label = judged.get("label")
        return label if label is not None and question.name == "label" else None

    def edited(self, answer: Answer) -> dict[str, Any]:
        """Returns a stored edit, for the page to compare."""
        is_edit = answer.question == EDIT and isinstance(answer.value, dict)
        return {"text": answer.value["text"] if is_edit else "", "seq": answer.seq}

    # -- all answers ------------------------------------------------------------------------

    def source_answers(self, codes: dict[int, str]) -> SourceAnswers:
        """Returns the answers about the table in the form that exports use."""
        return SourceAnswers.of(
            self.name, self.source.shown, self.progress.all_answers, self.questions, codes
        )

    def positions(self, name: str, value: str) -> list[int]:
        """Returns the positions of rows about which something was said; for filters."""
        uids = self.progress.having(name, value)
        return [p for uid in uids if (p := self.ids.position(uid)) is not None]

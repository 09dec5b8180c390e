"""`AnswerReader`: reads what people answered in a dataset of Argilla, record by record."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from typing import Any, Final

from distilabel._distiset.argilla.records import QUALITY, answers_of
from distilabel._distiset.argilla.server import ArgillaServer
from distilabel._distiset.human_columns import HumanAnswer, Resolve, human_columns
from distilabel.errors import DistilabelUserError

STATUSES: Final = ("submitted", "draft", "discarded")


class AnswerReader:
    """Reads the answers of people.

    Args:
        server: The server.
        dataset: The dataset, as `argilla.Dataset`.
        status: Statuses of the responses to read.
        only_completed: Whether to leave out records that still wait for responses.
        resolve: How the answers of several people become one, as for `human_columns`.
        label_numbers: Whether labels become numbers: their positions in the question, from 0.

    Attributes:
        has_words: Whether the column `human_ratings` has words.

    Raises:
        DistilabelUserError: There is no such status.
    """

    def __init__(
        self,
        server: ArgillaServer,
        dataset: Any,
        status: Collection[str],
        only_completed: bool,
        resolve: Resolve,
        label_numbers: bool,
    ) -> None:
        check_statuses(status)
        self._server = server
        self._dataset = dataset
        self._status = frozenset(status)
        self._only_completed = only_completed
        self._resolve = resolve
        labels: dict[str, Sequence[str]] = {}
        self.has_words = False
        for question in dataset.settings.questions:
            if question.name == QUALITY:
                labels = {QUALITY: list(question.labels)} if label_numbers else {}
                self.has_words = not label_numbers
        self._labels = labels

    def records(self) -> Iterator[dict[str, Any]]:
        """Yields the records that have responses of these statuses, as JSON of the server."""
        for record in self._server.records(self._dataset):
            if self._only_completed and record["status"] != "completed":
                continue
            if any(response["status"] in self._status for response in record["responses"] or ()):
                yield record

    def answers(self, record: Mapping[str, Any], unit: int = 0) -> list[HumanAnswer]:
        """Returns the answers about a record.

        Args:
            record: The record.
            unit: Generation of the row that the record shows, if it shows only one.
        """
        return answers_of(record, self._status, self._server.usernames, unit)

    def columns(self, answers: list[HumanAnswer], generations: int) -> dict[str, Any]:
        """Returns the columns `human_*` of a row.

        Args:
            answers: Answers about it.
            generations: Number of its generations.
        """
        return human_columns(answers, generations, self._resolve, self._labels)


def check_statuses(status: Collection[str]) -> None:
    """Checks names of statuses of a response.

    Args:
        status: The names.

    Raises:
        DistilabelUserError: One of them is unknown.
    """
    unknown = [status] if isinstance(status, str) else [s for s in status if s not in STATUSES]
    if unknown:
        raise DistilabelUserError(
            f"`status` has {unknown[0]!r}. Pass a list of: {', '.join(map(repr, STATUSES))}."
        )

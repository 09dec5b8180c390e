"""`RecordLogger`: sends records to a dataset of Argilla, so that a bad one costs only itself."""

from __future__ import annotations

import logging
import time
from typing import Any, Final

from distilabel._core.extras import import_extra
from distilabel._distiset.argilla.server import ArgillaServer

# The server takes at most 500 in a request, in one transaction: short ones get in each other's way
# less, and the display of the run shows progress.
_AT_ONCE: Final = 50
# Seconds between the tries of a request that the server failed on (its SQLite may be locked).
_PAUSES: Final = (1.0, 4.0, 10.0)
# Unprocessable content; content too large.
_REFUSALS: Final = (422, 413)


class RecordLogger:
    """Sends records to a dataset, and values that fit its questions.

    Args:
        name: Name of the step, for messages.
        server: The server.
        dataset: The dataset, as `argilla.Dataset`.
    """

    def __init__(self, name: str, server: ArgillaServer, dataset: Any) -> None:
        self._name = name
        self._server = server
        self._dataset = dataset
        self._questions = {question.name: question for question in dataset.settings.questions}
        self._vectors = {vector.name for vector in dataset.settings.vectors}
        self._log = logging.getLogger(f"distilabel.step.{name}")
        self._has_left_out = False

    def log(self, records: list[Any]) -> None:
        """Sends records. Those that the server refuses are named in the log; the others are stored.

        Args:
            records: Records, as `argilla.Record`.

        Raises:
            DistilabelUserError: The server does not answer, or refuses all of the records.
        """
        refused: list[tuple[Any, Exception]] = []
        for start in range(0, len(records), _AT_ONCE):
            self._send(records[start : start + _AT_ONCE], refused)
        if records and len(refused) == len(records):
            record, error = refused[0]
            raise self._server.failure(
                f"take any of {len(records)} records, such as {_shown(record)}", error
            )
        for record, error in refused:
            failure = self._server.failure(f"take the record of {_shown(record)}", error)
            self._log.warning("%s. People will not see this row; it continues", failure)

    def valid(self, suggestions: list[Any]) -> list[Any]:
        """Returns the suggestions that their questions allow: one bad one fails a whole request.

        Args:
            suggestions: Suggestions, as `argilla.Suggestion`.
        """
        fitting = []
        for suggestion in suggestions:
            question = self._questions.get(suggestion.question_name)
            if question is not None and _allows(question, suggestion.value):
                fitting.append(suggestion)
            elif not self._has_left_out:
                self._has_left_out = True
                self._log.warning(
                    "%s: the suggestion %r does not fit the question %r: such suggestions are left "
                    "out. The records are shown without them",
                    self._name,
                    suggestion.value,
                    suggestion.question_name,
                )
        return fitting

    def add_vectors(self, name: str, dimensions: int) -> None:
        """Prepares the dataset for vectors, unless it has some of that name.

        Args:
            name: Name of the vectors.
            dimensions: Length of each.
        """
        if name in self._vectors:
            return
        rg = import_extra("argilla", extra="argilla", subject=self._name)
        try:
            self._dataset.settings.add(rg.VectorField(name=name, dimensions=dimensions))
            self._dataset.settings.update()
        except Exception as error:  # noqa: BLE001 (the client raises errors of several packages)
            raise self._server.failure(f"add the vectors {name!r}", error) from None
        self._vectors.add(name)

    def _send(self, records: list[Any], refused: list[tuple[Any, Exception]]) -> None:
        try:
            self._upsert(records)
        except Exception as error:  # noqa: BLE001
            # A ValueError: the client finds that a value is of the wrong type.
            is_refusal = getattr(error, "status_code", None) in _REFUSALS
            if not is_refusal and not isinstance(error, ValueError):
                raise self._server.failure(f"log {len(records)} records", error) from None
            if len(records) == 1:
                refused.append((records[0], error))
                return
            half = len(records) // 2
            self._send(records[:half], refused)
            self._send(records[half:], refused)

    def _upsert(self, records: list[Any]) -> None:
        for record in records:
            record.dataset = self._dataset
        models = [record.api_model() for record in records]
        for pause in (*_PAUSES, None):
            try:
                # `dataset.records.log` does the same, and draws a progress bar for every request
                # into the display of the run.
                self._server.client.api.records.bulk_upsert(
                    dataset_id=self._dataset.id, records=models
                )
                return
            except Exception as error:
                if pause is None or (getattr(error, "status_code", None) or 0) < 500:
                    raise
                time.sleep(pause)


def _shown(record: Any) -> dict[str, str]:
    return {name: str(text)[:80] for name, text in dict(record.fields).items() if name != "id"}


def _allows(question: Any, value: Any) -> bool:
    kind = type(question).__name__
    if kind == "RatingQuestion":
        return type(value) is int and value in question.values
    if kind == "LabelQuestion":
        return value in question.labels
    if kind == "MultiLabelQuestion":
        return isinstance(value, list) and all(label in question.labels for label in value)
    if kind == "TextQuestion":
        return isinstance(value, str) and bool(value)
    return True

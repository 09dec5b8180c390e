"""Warns, once per kind, about answers that are valid but may not be what the user wants."""

from __future__ import annotations

import logging
from typing import Any, Final

_MESSAGES: Final = {
    "length": "was cut off at max_new_tokens (finish_reason in its distilabel_metadata: length)",
    "content_filter": "was cut off by a content filter (finish_reason in its distilabel_metadata)",
    "empty": "is an empty text",
}

_log = logging.getLogger("distilabel.llm")


class AnswerWarnings:
    """Warns about the answers of one model to one step.

    Args:
        step: Name of the step; empty outside a pipeline.
        model: Name of the model.
    """

    def __init__(self, step: str, model: str) -> None:
        self._step = step
        self._model = model
        self._logged: set[str] = set()

    def check(self, output: Any) -> None:
        """Warns if an answer was cut off or is empty.

        Args:
            output: The answer.
        """
        statistics = output.get("statistics") or {}
        kinds = statistics.get("finish_reason") or ()
        if "" in output["generations"]:
            kinds = [*kinds, "empty"]
        for kind in kinds:
            if kind in _MESSAGES and self._is_first(kind):
                subject = f"an answer of {self._model}"
                subject = f"{self._step}: {subject}" if self._step else subject
                _log.warning("%s %s. This is logged once.", subject, _MESSAGES[kind])

    def fewer_generations(self, found: int, wanted: int) -> None:
        """Warns that an answer has fewer generations than were asked for.

        Args:
            found: Number of generations it has.
            wanted: Number of generations asked for.
        """
        if self._is_first("fewer"):
            subject = f"{self._step}: {self._model}" if self._step else self._model
            _log.warning(
                "%s returned %d of %d generations. The missing ones are asked for one by one, "
                "with the prompt sent again each time. This is logged once.",
                subject,
                found,
                wanted,
            )

    def replaced_surrogates(self) -> None:
        """Warns that a text was changed, because it could not be sent or stored as it was."""
        if self._is_first("surrogates"):
            _log.warning(
                "%s: unpaired surrogates cannot be sent or stored and are replaced by U+FFFD. This "
                "is logged once.",
                self._step,
            )

    def not_stored(self, reason: str) -> None:
        """Warns that answers cannot be stored.

        Args:
            reason: Why, for people.
        """
        if self._is_first("not stored"):
            _log.warning(
                "%s: answers of %s cannot be stored, so every run asks again: %s",
                self._step,
                self._model,
                reason,
            )

    def _is_first(self, kind: str) -> bool:
        if kind in self._logged:
            return False
        self._logged.add(kind)
        return True

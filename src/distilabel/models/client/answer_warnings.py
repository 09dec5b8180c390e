"""Remarks: answers that count as such and still may not be what somebody wanted, said once."""

from __future__ import annotations

import logging
from typing import Any, Final

_WORDS: Final = {
    "length": "was cut off at max_new_tokens (finish_reason in its distilabel_metadata: length)",
    "content_filter": "was cut off by a content filter (finish_reason in its distilabel_metadata)",
    "empty": "is an empty text",
}

_log = logging.getLogger("distilabel.llm")


class AnswerWarnings:
    """Looks at the answers of one model to one step.

    Args:
        step: who asks.
        model: who answers.
    """

    def __init__(self, step: str, model: str) -> None:
        self._who = f"{step}: an answer of {model}" if step else f"an answer of {model}"
        self._said: set[str] = set()

    def look(self, output: Any) -> None:
        """Says what is remarkable about an answer, the first time."""
        statistics = output.get("statistics") or {}
        kinds = statistics.get("finish_reason") or ()
        if "" in output["generations"]:
            kinds = [*kinds, "empty"]
        for kind in kinds:
            if kind in _WORDS and kind not in self._said:
                self._said.add(kind)
                _log.warning("%s %s. This is said once.", self._who, _WORDS[kind])

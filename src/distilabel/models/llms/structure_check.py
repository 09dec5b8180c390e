"""`StructureCheck`: warns about answers that do not follow the structure they should follow."""

from __future__ import annotations

import logging
from typing import Any

from distilabel.models.wire.structure_violation import violation

_log = logging.getLogger("distilabel.llm")


class StructureCheck:
    """Validates the structured answers of one model; the first bad one is logged.

    An answer is returned in any case: a task asks again for it, see `steps.tasks.parsing`.
    """

    def __init__(self) -> None:
        self._has_warned = False

    def check(self, model: str, output: Any, structure: Any) -> None:
        """Warns if an answer does not follow its structure.

        Args:
            model: Name of the model.
            output: Output of the model.
            structure: `structured_output` of the request; None for none.
        """
        if not structure or self._has_warned:
            return
        faults = (violation(text, structure) for text in output["generations"])
        fault = next(filter(None, faults), "")
        if fault:
            self._has_warned = True
            _log.warning(
                "%s: an answer does not follow structured_output: %s. This is logged once.",
                model,
                fault,
            )

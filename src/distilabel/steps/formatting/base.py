"""The base of the formatting steps: find the prompt of a row, then add the columns of a format."""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import Any, ClassVar

from distilabel.steps.base import Step
from distilabel.steps.formatting.prompts import Messages
from distilabel.steps.step_input import StepInput
from distilabel.typing import StepOutput


class FormattingStep(Step, ABC):
    """A step that adds the columns of a training format to every row."""

    _row_by_row: ClassVar[bool] = True

    @abstractmethod
    def _prompt(self, row: dict[str, Any]) -> tuple[str | None, Messages | None]:
        """Returns the prompt text of a row, and the messages before the answer."""

    @abstractmethod
    def _columns(
        self, row: dict[str, Any], prompt: str | None, messages: Messages | None
    ) -> dict[str, Any]:
        """Returns the columns to add to a row."""

    def process(self, *inputs: StepInput) -> StepOutput:
        """Adds the output columns.

        Args:
            inputs: One list of rows per predecessor; the rows are changed in place.

        Yields:
            The rows, one list per predecessor.
        """
        for rows in inputs:
            for row in rows:
                row.update(self._columns(row, *self._prompt(row)))
            yield rows

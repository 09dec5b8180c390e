"""The base of the formatting steps: find the prompt of a row, then add the columns of a format."""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import Any, ClassVar

from distilabel.steps.base import Step
from distilabel.steps.columns.utils import combine_inputs
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
            inputs: One list of rows per predecessor. The rows of a single predecessor are changed
                in place.

        Yields:
            The rows.
        """
        rows = combine_inputs(inputs)
        # Before any row is changed: if one of them raises, they are formatted again one by one.
        formatted = [self._columns(row, *self._prompt(row)) for row in rows]
        for row, columns in zip(rows, formatted, strict=True):
            row.update(columns)
        yield rows

"""`KeepColumns`: keeps the named columns and drops all others."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar, List

from distilabel._core.provenance_stamps import stamps_of
from distilabel.constants import PROVENANCE_COLUMN
from distilabel.steps.base import Step, StepInput
from distilabel.steps.columns.utils import missing_column

if TYPE_CHECKING:
    from distilabel.typing import StepColumns, StepOutput


class KeepColumns(Step):
    """Keeps the named columns, in the given order, and drops all others.

    The rows of several predecessors are kept side by side: one row from each. To join them, put
    `CombineOutputs` or `GroupColumns` before this step.

    Attributes:
        columns: Columns to keep.

    Input columns:
        - dynamic (any): The columns in `columns`.

    Output columns:
        - dynamic (any): The columns in `columns`.

    Examples:
        Keep two of three columns:

        ```python
        from distilabel.steps import KeepColumns

        keep = KeepColumns(columns=["b", "a"])
        keep.load()
        rows = next(keep.process([{"a": 1, "b": 2, "c": 3}]))
        # [{"b": 2, "a": 1}]
        ```
    """

    columns: List[str]

    _row_by_row: ClassVar[bool] = True

    @property
    def inputs(self) -> StepColumns:
        """The columns to keep."""
        return self.columns

    @property
    def outputs(self) -> StepColumns:
        """The columns to keep."""
        return self.columns

    def process(self, *inputs: StepInput) -> StepOutput:
        """Keeps columns.

        Args:
            inputs: One list of rows per predecessor.

        Yields:
            The rows with only the kept columns, one list per predecessor.

        Raises:
            KeyError: If a row lacks one of the columns.
        """
        columns = self.columns
        for rows in inputs:
            try:
                kept = [{column: row[column] for column in columns} for row in rows]
            except KeyError as error:
                raise missing_column(self.name, error) from error
            for row, result in zip(rows, kept, strict=True):
                if (stamps := stamps_of(row)) is not None:
                    result[PROVENANCE_COLUMN] = stamps
            yield kept

"""`MergeColumns`: several columns of a row as one list. Does not look into a value."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar, List, Optional

from distilabel.steps.base import Step, StepInput
from distilabel.steps.columns.utils import merge_columns, no_such_column

if TYPE_CHECKING:
    from distilabel.typing import StepColumns, StepOutput


class MergeColumns(Step):
    """Puts the values of several columns into one list and drops the columns.

    A value that is a list is extended into it, any other is appended.

    Attributes:
        columns: the columns.
        output_column: name of the list; `merged_column` if None.

    Input columns:
        - dynamic (any): those in `columns`.

    Output columns:
        - dynamic (list): the list.

    Examples:
        A human answer beside those of models:

        ```python
        from distilabel.steps import MergeColumns

        merge = MergeColumns(columns=["human", "models"], output_column="generations")
        merge.load()
        rows = next(merge.process([{"human": "owl", "models": ["hawk", "kite"]}]))
        # [{"generations": ["owl", "hawk", "kite"]}]
        ```
    """

    columns: List[str]
    output_column: Optional[str] = None

    _row_by_row: ClassVar[bool] = True

    @property
    def inputs(self) -> StepColumns:
        """The columns to merge."""
        return self.columns

    @property
    def outputs(self) -> StepColumns:
        """The name of the list."""
        return [self.output_column or "merged_column"]

    def process(self, inputs: StepInput) -> StepOutput:
        """Merges columns.

        Args:
            inputs: the rows.

        Yields:
            The rows with the list.

        Raises:
            KeyError: a row lacks one of the columns.
        """
        name = self.output_column or "merged_column"
        try:
            merged = [merge_columns(row, self.columns, name) for row in inputs]
        except KeyError as error:
            raise no_such_column(self.name, error) from error
        yield merged

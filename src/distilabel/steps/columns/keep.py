"""`KeepColumns`: rows with nothing but the named columns. Does not look into a value."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar, List

from distilabel.steps.base import Step, StepInput
from distilabel.steps.columns.utils import combine_inputs, no_such_column

if TYPE_CHECKING:
    from distilabel.typing import StepColumns, StepOutput


class KeepColumns(Step):
    """Keeps some columns, in the order they are named in, and drops the others.

    The rows of several predecessors are joined first, as by `CombineOutputs`.

    Attributes:
        columns: the columns to keep.

    Input columns:
        - dynamic (any): those in `columns`.

    Output columns:
        - dynamic (any): those in `columns`.

    Examples:
        Two columns of three:

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
            inputs: one list of rows per predecessor.

        Yields:
            The rows with the kept columns.

        Raises:
            KeyError: a row lacks one of them.
        """
        columns = self.columns
        try:
            kept = [{column: row[column] for column in columns} for row in combine_inputs(inputs)]
        except KeyError as error:
            raise no_such_column(self.name, error) from error
        yield kept

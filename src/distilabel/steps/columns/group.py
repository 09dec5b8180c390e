"""`GroupColumns`: collects the same column of several steps into a list."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar, List, Optional

from distilabel.steps.base import Step, StepInput
from distilabel.steps.columns.utils import group_columns, missing_column

if TYPE_CHECKING:
    from distilabel.typing import StepColumns, StepOutput


class GroupColumns(Step):
    """Collects the values of the same column of several steps into a list.

    The values are in the order in which the steps were connected. For all other columns, the
    value of the step connected last is kept. `distilabel_metadata` is merged.

    Attributes:
        columns: Columns to collect.
        output_columns: Names of the lists, one per column; None for `grouped_<column>`.

    Input columns:
        - dynamic (any): The columns in `columns`.

    Output columns:
        - dynamic (list): The lists, under the names in `output_columns`.

    Examples:
        Collect the answers of two models for a judge:

        ```python
        from distilabel.steps import GroupColumns

        group = GroupColumns(columns=["generation"], output_columns=["generations"])
        group.load()
        rows = next(group.process([{"generation": "owl"}], [{"generation": "hawk"}]))
        # [{"generations": ["owl", "hawk"]}]
        ```
    """

    columns: List[str]
    output_columns: Optional[List[str]] = None

    _row_by_row: ClassVar[bool] = True

    @property
    def inputs(self) -> StepColumns:
        """The columns to collect."""
        return self.columns

    @property
    def outputs(self) -> StepColumns:
        """The names of the lists."""
        return self.output_columns or [f"grouped_{column}" for column in self.columns]

    def process(self, *inputs: StepInput) -> StepOutput:
        """Collects values from aligned lists of rows.

        Args:
            inputs: One list of rows per predecessor.

        Yields:
            The rows with lists.

        Raises:
            ValueError: If `output_columns` has not one name per column.
            KeyError: If a row lacks one of the columns.
        """
        try:
            grouped = group_columns(
                *inputs, group_columns=self.columns, output_group_columns=self.output_columns
            )
        except KeyError as error:
            raise missing_column(self.name, error) from error
        yield grouped

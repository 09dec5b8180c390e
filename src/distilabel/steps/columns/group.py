"""`GroupColumns`: the same column of several steps as a list. Does not look into a value."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar, List, Optional

from distilabel.steps.base import Step, StepInput
from distilabel.steps.columns.utils import group_columns, no_such_column

if TYPE_CHECKING:
    from distilabel.typing import StepColumns, StepOutput


class GroupColumns(Step):
    """Collects the values that several steps give in the same column into a list.

    The values stand in the order in which the steps were connected. Of every other column the
    step connected last wins; `distilabel_metadata` is merged.

    Attributes:
        columns: the columns to collect.
        output_columns: their new names, one each; `grouped_<column>` if None.

    Input columns:
        - dynamic (any): those in `columns`.

    Output columns:
        - dynamic (list): the lists, under the new names.

    Examples:
        The answers of two models, for a judge:

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
            inputs: one list per predecessor.

        Yields:
            The rows with lists.

        Raises:
            ValueError: not one output column for each column.
            KeyError: a row lacks one of the columns.
        """
        try:
            grouped = group_columns(
                *inputs, group_columns=self.columns, output_group_columns=self.output_columns
            )
        except KeyError as error:
            raise no_such_column(self.name, error) from error
        yield grouped

"""`CombineOutputs`: the rows of several steps, side by side. Does not look into a column."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from distilabel.steps.base import Step, StepInput
from distilabel.steps.columns.utils import combine_rows

if TYPE_CHECKING:
    from distilabel.typing import StepOutput


class CombineOutputs(Step):
    """Joins the rows of several steps into one row with the columns of all of them.

    Of a column that several steps give, the one connected last stays; `distilabel_metadata` is
    merged.

    Input columns:
        - dynamic (any): columns of any name.

    Output columns:
        - dynamic (any): all columns of all predecessors.

    Examples:
        Two steps that each add a column:

        ```python
        from distilabel.steps import CombineOutputs

        combine = CombineOutputs(name="combine")
        combine.load()
        rows = next(combine.process([{"a": 1, "b": 2}], [{"a": 1, "c": 3}]))
        # [{"a": 1, "b": 2, "c": 3}]
        ```
    """

    _row_by_row: ClassVar[bool] = True

    def process(self, *inputs: StepInput) -> StepOutput:
        """Joins aligned lists of rows.

        Args:
            inputs: one list per predecessor.

        Yields:
            The joined rows.
        """
        yield [combine_rows(rows) for rows in zip(*inputs, strict=True)]

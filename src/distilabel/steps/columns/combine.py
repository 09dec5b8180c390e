"""`CombineOutputs`: joins the rows of several steps side by side."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from distilabel.steps.base import Step, StepInput
from distilabel.steps.columns.utils import combine_rows

if TYPE_CHECKING:
    from distilabel.typing import StepOutput


class CombineOutputs(Step):
    """Joins the rows of several steps into one row with the columns of all of them.

    If several steps have the same column, the value of the step connected last is kept.
    `distilabel_metadata` is merged.

    Input columns:
        - dynamic (any): Any columns.

    Output columns:
        - dynamic (any): All columns of all predecessors.

    Examples:
        Join the outputs of two steps that each add a column:

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
            inputs: One list of rows per predecessor.

        Yields:
            The joined rows.
        """
        yield [combine_rows(rows) for rows in zip(*inputs, strict=True)]

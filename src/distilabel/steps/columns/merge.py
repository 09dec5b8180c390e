"""`MergeColumns`: merges several columns of a row into one list."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar, Final, List, Optional

from pydantic import model_validator

from distilabel.steps.base import Step, StepInput
from distilabel.steps.columns.utils import merge_columns, missing_column

if TYPE_CHECKING:
    from distilabel.typing import StepColumns, StepOutput

# Of `CombineKeys`.
_ARGUMENTS_OF_THEN: Final = {"keys": "columns", "output_key": "output_column"}


class MergeColumns(Step):
    """Merges the values of several columns into one list and drops the columns.

    If a value is a list, its items are added to the merged list; any other value is appended.

    Attributes:
        columns: Columns to merge.
        output_column: Name of the merged column; None for `merged_column`.

    Input columns:
        - dynamic (any): The columns in `columns`.

    Output columns:
        - dynamic (list): The merged list.

    Examples:
        Merge a human answer with the answers of models:

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
        """The merged column."""
        return [self.output_column or "merged_column"]

    def process(self, inputs: StepInput) -> StepOutput:
        """Merges columns.

        Args:
            inputs: Input rows.

        Yields:
            The rows with the merged column.

        Raises:
            KeyError: If a row lacks one of the columns.
        """
        name = self.output_column or "merged_column"
        try:
            merged = [merge_columns(row, self.columns, name) for row in inputs]
        except KeyError as error:
            raise missing_column(self.name, error) from error
        yield merged


class CombineKeys(MergeColumns):
    """`MergeColumns` under its name in 1.3, with the arguments of then.

    Attributes:
        keys: The columns to merge.
        output_key: Name of the merged column.
    """

    @model_validator(mode="before")
    @classmethod
    def _rename_arguments(cls, values: Any) -> Any:
        return _renamed(values) if isinstance(values, dict) else values

    @classmethod
    def _rebuilt(cls, data: dict[str, Any], allow: tuple[str, ...]) -> Any:
        return super()._rebuilt(_renamed(data), allow)


def _renamed(values: dict[str, Any]) -> dict[str, Any]:
    return {_ARGUMENTS_OF_THEN.get(name, name): value for name, value in values.items()}

"""`ExpandColumns`: makes one row per item of a list."""

from __future__ import annotations

import json
from itertools import zip_longest
from typing import TYPE_CHECKING, Any, ClassVar, Dict, List, Self, Union

from pydantic import field_validator, model_validator

from distilabel.constants import DISTILABEL_METADATA_KEY
from distilabel.errors import DistilabelUserError
from distilabel.steps.base import Step, StepInput
from distilabel.steps.columns.utils import missing_column

if TYPE_CHECKING:
    from distilabel.typing import StepColumns, StepOutput


class ExpandColumns(Step):
    """Makes one row per item of the lists in the given columns.

    Several columns are expanded side by side; shorter lists are filled up with None. A value of
    None counts as a list with one None, so the row is kept. An empty list produces no row.

    Attributes:
        columns: Columns to expand: a list of names, or a dict of column → new column. With a new
            name, the original column keeps its list.
        encoded: Columns that contain lists as JSON text; True means all columns.
        split_statistics: Whether to divide the token counts in `distilabel_metadata` among the
            new rows.

    Input columns:
        - dynamic (list): The columns in `columns`.

    Output columns:
        - dynamic (any): The items of the lists, under the new names.

    Examples:
        Make one row per instruction:

        ```python
        from distilabel.steps import ExpandColumns

        expand = ExpandColumns(columns={"instructions": "instruction"})
        expand.load()
        rows = next(expand.process([{"topic": "owls", "instructions": ["Why?", "Where?"]}]))
        # two rows with an "instruction" each
        ```
    """

    columns: Union[Dict[str, str], List[str]]
    encoded: Union[bool, List[str]] = False
    split_statistics: bool = False

    _row_by_row: ClassVar[bool] = True
    _changes_row_count: ClassVar[bool] = True

    @field_validator("columns")
    @classmethod
    def always_dict(cls, value: Union[Dict[str, str], List[str]]) -> Dict[str, str]:
        """Turns a list of columns into a dict in which every column keeps its name."""
        return value if isinstance(value, dict) else {column: column for column in value}

    @model_validator(mode="after")
    def is_subset(self) -> Self:
        """Checks that `encoded` contains only columns to expand, and resolves booleans."""
        if isinstance(self.encoded, bool):
            # Not through setattr, which would validate and call this method again.
            self.__dict__["encoded"] = list(self.columns) if self.encoded else []
        elif unknown := set(self.encoded) - set(self.columns):
            raise ValueError(
                f"{self.name}: `encoded` contains {sorted(unknown)}, which are not in `columns` "
                f"({', '.join(self.columns)})."
            )
        return self

    @property
    def inputs(self) -> StepColumns:
        """The columns to expand."""
        return list(self.columns)

    @property
    def outputs(self) -> StepColumns:
        """The new columns."""
        assert isinstance(self.columns, dict)
        return list(self.columns.values())

    def process(self, inputs: StepInput) -> StepOutput:
        """Expands rows.

        Args:
            inputs: Input rows.

        Yields:
            One row per item.

        Raises:
            DistilabelUserError: If a column does not contain a list.
            KeyError: If a row lacks one of the columns.
        """
        try:
            expanded = [new for row in inputs for new in self._expand_row(row)]
        except KeyError as error:
            raise missing_column(self.name, error) from error
        yield expanded

    def _expand_row(self, row: dict[str, Any]) -> list[dict[str, Any]]:
        assert isinstance(self.columns, dict)
        names = list(self.columns.values())
        lists = [self._items(row, column) for column in self.columns]
        if self.split_statistics and isinstance(row.get(DISTILABEL_METADATA_KEY), dict):
            count = max(map(len, lists), default=0)
            row = {
                **row,
                DISTILABEL_METADATA_KEY: _split_counts(row[DISTILABEL_METADATA_KEY], count or 1),
            }
        if len(lists) == 1:
            name = names[0]
            return [{**row, name: item} for item in lists[0]]
        return [{**row, **dict(zip(names, items, strict=True))} for items in zip_longest(*lists)]

    def _items(self, row: dict[str, Any], column: str) -> list[Any]:
        value = row[column]
        if type(value) is list:
            return value
        if value is None:
            return [None]
        assert isinstance(self.encoded, list)
        if isinstance(value, (str, bytes)) and column in self.encoded:
            try:
                value = json.loads(value)
            except ValueError as error:
                raise DistilabelUserError(
                    f"{self.name}: column {column!r} contains text that is not valid JSON "
                    f"({error}). Leave it out of `encoded`, or drop such rows before this step."
                ) from error
            if value is None:
                return [None]
        if isinstance(value, (str, bytes, dict)) or not hasattr(value, "__iter__"):
            raise DistilabelUserError(
                f"{self.name}: column {column!r} contains a {type(value).__name__} instead of a "
                "list. If it contains lists as JSON text, add it to `encoded`."
            )
        return list(value)


def _split_counts(metadata: dict[str, Any], count: int) -> dict[str, Any]:
    """Returns the metadata with its token counts divided by `count`."""
    divided = dict(metadata)
    for key, value in metadata.items():
        if key.startswith("statistics_") and isinstance(value, dict):
            divided[key] = {
                name: _divide(counts, count)
                if name in ("input_tokens", "output_tokens")
                else counts
                for name, counts in value.items()
            }
    return divided


def _divide(counts: Any, divisor: int) -> list[Any]:
    numbers = counts if isinstance(counts, list) else [counts]
    return [None if number is None else number // divisor for number in numbers]

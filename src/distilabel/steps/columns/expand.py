"""`ExpandColumns`: one row per item of a list. Knows nothing of what the items are."""

from __future__ import annotations

import json
from itertools import zip_longest
from typing import TYPE_CHECKING, Any, ClassVar, Dict, List, Self, Union

from pydantic import field_validator, model_validator

from distilabel.constants import DISTILABEL_METADATA_KEY
from distilabel.errors import DistilabelUserError
from distilabel.steps.base import Step, StepInput
from distilabel.steps.columns.utils import no_such_column

if TYPE_CHECKING:
    from distilabel.typing import StepColumns, StepOutput


class ExpandColumns(Step):
    """Makes a row of every item of the lists in some columns.

    Several columns are expanded side by side; what a shorter one lacks is None. A column that
    is None counts as a list of one None, so its row stays; an empty list gives no row.

    Attributes:
        columns: the columns, or column → name of the new column. Under a new name, the list stays
            in the old one.
        encoded: the columns that hold JSON text; True means all of them.
        split_statistics: whether the token counts in `distilabel_metadata` are shared out
            among the rows.

    Input columns:
        - dynamic (list): those in `columns`.

    Output columns:
        - dynamic (any): the items, under the new names.

    Examples:
        One row per instruction:

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
        """Column → new name, which for a list is the old one."""
        return value if isinstance(value, dict) else {column: column for column in value}

    @model_validator(mode="after")
    def is_subset(self) -> Self:
        """Checks that `encoded` names columns that are expanded."""
        if isinstance(self.encoded, bool):
            # Past the validation of assignments, which would come back here.
            self.__dict__["encoded"] = list(self.columns) if self.encoded else []
        elif unknown := set(self.encoded) - set(self.columns):
            raise ValueError(
                f"{self.name}: encoded names {sorted(unknown)}, which are not among the columns "
                f"to expand ({', '.join(self.columns)})."
            )
        return self

    @property
    def inputs(self) -> StepColumns:
        """The columns to expand."""
        return list(self.columns)

    @property
    def outputs(self) -> StepColumns:
        """Their new names."""
        assert isinstance(self.columns, dict)
        return list(self.columns.values())

    def process(self, inputs: StepInput) -> StepOutput:
        """Expands rows.

        Args:
            inputs: the rows.

        Yields:
            One row per item.

        Raises:
            DistilabelUserError: a column holds no list.
            KeyError: a row lacks one of the columns.
        """
        try:
            expanded = [made for row in inputs for made in self._expanded(row)]
        except KeyError as error:
            raise no_such_column(self.name, error) from error
        yield expanded

    def _expanded(self, row: dict[str, Any]) -> list[dict[str, Any]]:
        assert isinstance(self.columns, dict)
        names = list(self.columns.values())
        lists = [self._items(row, column) for column in self.columns]
        if self.split_statistics and isinstance(row.get(DISTILABEL_METADATA_KEY), dict):
            count = max(map(len, lists), default=0)
            row = {
                **row,
                DISTILABEL_METADATA_KEY: _shared_out(row[DISTILABEL_METADATA_KEY], count or 1),
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
                    f"{self.name}: the column {column!r} holds text that is no JSON ({error}); "
                    "leave it out of `encoded`, or drop such rows before this step."
                ) from error
            if value is None:
                return [None]
        if isinstance(value, (str, bytes, dict)) or not hasattr(value, "__iter__"):
            raise DistilabelUserError(
                f"{self.name}: the column {column!r} holds a {type(value).__name__}, not a list; "
                "if it is a list as JSON text, name the column in `encoded`."
            )
        return list(value)


def _shared_out(metadata: dict[str, Any], count: int) -> dict[str, Any]:
    """The metadata with its token counts divided by `count`."""
    shared = dict(metadata)
    for key, value in metadata.items():
        if key.startswith("statistics_") and isinstance(value, dict):
            shared[key] = {
                name: _divided(counts, count)
                if name in ("input_tokens", "output_tokens")
                else counts
                for name, counts in value.items()
            }
    return shared


def _divided(counts: Any, by: int) -> list[Any]:
    each = counts if isinstance(counts, list) else [counts]
    return [number // by if number is not None else None for number in each]

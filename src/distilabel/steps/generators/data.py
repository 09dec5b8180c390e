"""`LoadDataFromDicts`: loads rows from a list in memory."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any, Dict, Final, List

from pydantic import Field, ValidatorFunctionWrapHandler, WrapValidator

from distilabel.steps.base import GeneratorStep

if TYPE_CHECKING:
    from distilabel.typing import GeneratorStepOutput

_STR: Final = frozenset({str})


def _own_list(value: Any, validate: ValidatorFunctionWrapHandler) -> Any:
    """Returns a list of the same rows; validation would copy each of them, whatever their number.

    Args:
        value: What the user gave.
        validate: Validation as pydantic does it, for everything but a plain list of rows.
    """
    if type(value) is list and all(
        type(row) is dict and _STR.issuperset(map(type, row)) for row in value
    ):
        return list(value)
    return validate(value)


class LoadDataFromDicts(GeneratorStep):
    """Loads rows from a list of dictionaries.

    Attributes:
        data: Rows to load. They are not changed: later steps work on copies, which are made when a
            row is loaded.

    Runtime parameters:
        - batch_size (int): Rows per batch. Defaults to 50.

    Output columns:
        - dynamic (Any): The keys of the first row.

    Categories:
        - load

    Examples:
        ```python
        from distilabel.steps import LoadDataFromDicts

        loader = LoadDataFromDicts(data=[{"instruction": "What is 2+2?"}] * 5, batch_size=2)
        loader.load()
        rows, last = next(loader.process())
        ```
    """

    data: Annotated[List[Dict[str, Any]], WrapValidator(_own_list)] = Field(
        default_factory=list, exclude=True
    )

    @property
    def outputs(self) -> List[str]:
        """The keys of the first row; empty without rows."""
        return list(self.data[0]) if self.data else []

    def _known_length(self) -> int | None:
        return len(self.data)

    def process(self, offset: int = 0) -> GeneratorStepOutput:
        """Yields the rows in order.

        Args:
            offset: Rows to skip because an earlier run loaded them.

        Yields:
            A list of rows, and whether it is the last.
        """
        total = len(self.data)
        if offset >= total:
            yield [], True
        for start in range(offset, total, self.batch_size):  # type: ignore[arg-type]
            end = start + self.batch_size  # type: ignore[operator]
            # Copies, because steps change rows in place.
            yield [dict(row) for row in self.data[start:end]], end >= total

"""`RowGenerator`: a task that generates independent rows, one coroutine per row number.

A pipeline runs these coroutines like those of a `Task`, as many at a time as the model allows.
The synchronous `process` of the public contract is derived here.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any, ClassVar, Final, List

from distilabel.steps.tasks.base import Ask, GeneratorTask, Row

if TYPE_CHECKING:
    from distilabel.typing import GeneratorStepOutput

_NUMBER: Final = "number"


class RowGenerator(GeneratorTask, ABC):
    """A generator task whose rows do not depend on each other.

    A subclass defines `outputs`, `format_output`, `_known_length` and the coroutine `arow`. A
    subclass that overrides `process` instead runs like any other generator step.
    """

    _uses_aprocess: ClassVar[bool] = True

    @abstractmethod
    async def arow(self, number: int, ask: Ask) -> Row:
        """Generates one row, asking the model as often as needed.

        Args:
            number: Row number, from 0. Seed every random choice with it, so that a rerun
                generates the same row.
            ask: Asks the model one question.

        Returns:
            The row.
        """

    @abstractmethod
    def _known_length(self) -> int | None:
        """Returns how many rows the task generates."""

    def _numbered_rows(self, numbers: Iterable[int]) -> List[Row]:
        """Returns the input rows of `aprocess` for these row numbers."""
        return [{_NUMBER: number} for number in numbers]

    async def aprocess(self, row: Row, ask: Ask) -> List[Row]:
        """Generates one row through the same method as other tasks.

        Args:
            row: Row that holds only the row number.
            ask: Asks the model one question.

        Returns:
            A list of one row.
        """
        return [await self.arow(row[_NUMBER], ask)]

    def _failed_rows(self, row: Row, error: dict[str, Any]) -> list[Row]:
        return super()._failed_rows({}, error)

    def process(self, offset: int = 0) -> GeneratorStepOutput:
        """Generates rows, those of a batch concurrently.

        Args:
            offset: Rows to skip because an earlier run generated them.

        Yields:
            A list of up to `batch_size` rows, and whether it is the last.
        """
        from distilabel.steps.tasks.sync_process import client_for, process_rows

        total, size = self._known_length() or 0, self.batch_size or 50
        if self.llm.use_offline_batch_generation:
            # One job for all rows: with one job per batch, the jobs would run one after another.
            size = max(total, 1)
        client = client_for(self._asked(self.llm))
        if offset >= total:
            yield [], True
        for start in range(offset, total, size):
            end = min(start + size, total)
            rows = self._numbered_rows(range(start, end))
            yield process_rows(self, rows, client), end == total

"""`RowGenerator`: a task that makes rows out of numbers, one coroutine per row.

Its rows know nothing of each other. So in a pipeline they are made like those of a `Task`, as many
at a time as the model answers; the synchronous `process` of the public contract is derived here.
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

    A subclass has `outputs`, `format_output`, `_known_length` and the coroutine `arow`. One that
    overrides `process` instead is an ordinary generator.
    """

    _uses_aprocess: ClassVar[bool] = True

    @abstractmethod
    async def arow(self, number: int, ask: Ask) -> Row:
        """Makes one row, asking the model as often as it takes.

        Args:
            number: of the row, from 0; all that is drawn for it is to be drawn from this.
            ask: asks the model one question.

        Returns:
            The row.
        """

    @abstractmethod
    def _known_length(self) -> int | None:
        """How many rows it makes."""

    def _numbered_rows(self, numbers: Iterable[int]) -> List[Row]:
        """What the rows with these numbers are made of."""
        return [{_NUMBER: number} for number in numbers]

    async def aprocess(self, row: Row, ask: Ask) -> List[Row]:
        """Makes one row, in the way of all tasks.

        Args:
            row: one of `_numbered_rows`.
            ask: asks the model one question.

        Returns:
            The one row.
        """
        return [await self.arow(row[_NUMBER], ask)]

    def _failed_rows(self, row: Row, error: dict[str, Any]) -> list[Row]:
        return super()._failed_rows({}, error)

    def process(self, offset: int = 0) -> GeneratorStepOutput:
        """Makes rows, those of a batch concurrently.

        Args:
            offset: rows to leave out, because an earlier run made them.

        Yields:
            `batch_size` rows, and whether they are the last.
        """
        from distilabel.steps.tasks.sync_process import ask_together, client_for

        total, size = self._known_length() or 0, self.batch_size or 50
        if self.llm.use_offline_batch_generation:
            # One job for all of them: a job for each batch would take as long as each.
            size = max(total, 1)
        client = client_for(self.llm)
        if offset >= total:
            yield [], True
        for start in range(offset, total, size):
            end = min(start + size, total)
            yield ask_together(self, self._numbered_rows(range(start, end)), client), end == total

"""`DataSampler`: rows drawn from a list by chance, several put into one. Knows no files or hubs."""

from __future__ import annotations

import random
from typing import TYPE_CHECKING, Any, Dict, List

from pydantic import Field

from distilabel.steps.base import GeneratorStep

if TYPE_CHECKING:
    from distilabel.typing import GeneratorStepOutput


class DataSampler(GeneratorStep):
    """Draws rows with replacement and puts several into one, such as the examples of a prompt.

    Attributes:
        data: the rows to draw from.
        size: rows drawn for each row that is given.
        samples: rows given in all.

    Runtime parameters:
        - batch_size (int): rows that are made at a time. Defaults to 50.

    Output columns:
        - dynamic (list): the keys of the first row of `data`, each with a list of `size` values.

    Categories:
        - load

    Examples:
        ```python
        from distilabel.steps import DataSampler

        sampler = DataSampler(data=[{"example": str(i)} for i in range(30)], size=3, samples=10)
        sampler.load()
        rows, last = next(sampler.process())
        ```
    """

    data: List[Dict[str, Any]] = Field(default_factory=list, exclude=True)
    size: int = Field(default=2, description="Rows drawn for each row that is given.")
    samples: int = Field(default=100, description="Rows given in all.")

    @property
    def outputs(self) -> List[str]:
        """The keys of the first row; none for no rows."""
        return list(self.data[0]) if self.data else []

    def _known_length(self) -> int | None:
        return self.samples if self.data else 0

    def process(self, offset: int = 0) -> GeneratorStepOutput:
        """Draws rows.

        Args:
            offset: rows to leave out, because an earlier run made them.

        Yields:
            A list of rows, and whether it is the last.
        """
        total = self.samples if self.data else 0
        if offset >= total:
            yield [], True
        for start in range(offset, total, self.batch_size):  # type: ignore[arg-type]
            end = min(start + self.batch_size, total)  # type: ignore[operator]
            yield [self._draw() for _ in range(start, end)], end == total

    def _draw(self) -> dict[str, list[Any]]:
        drawn = random.choices(self.data, k=self.size)
        return {key: [row.get(key) for row in drawn] for key in self.outputs}

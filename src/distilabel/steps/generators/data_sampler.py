"""`DataSampler`: samples rows from a list and combines several into one."""

from __future__ import annotations

import random
from typing import TYPE_CHECKING, Any, Dict, List

from pydantic import Field, PositiveInt

from distilabel.steps.base import GeneratorStep

if TYPE_CHECKING:
    from distilabel.typing import GeneratorStepOutput


class DataSampler(GeneratorStep):
    """Samples rows with replacement and combines several into one, such as few-shot examples.

    Attributes:
        data: Rows to sample from.
        size: Rows sampled for each output row.
        samples: Number of output rows.

    Runtime parameters:
        - batch_size (int): Rows per batch. Defaults to 50.

    Output columns:
        - dynamic (list): The keys of the first row of `data`, each with a list of `size` values.

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
    size: PositiveInt = Field(default=2, description="Rows sampled for each output row.")
    samples: PositiveInt = Field(default=100, description="Number of output rows.")

    @property
    def outputs(self) -> List[str]:
        """The keys of the first row; empty without rows."""
        return list(self.data[0]) if self.data else []

    def _known_length(self) -> int | None:
        return self.samples if self.data else 0

    def process(self, offset: int = 0) -> GeneratorStepOutput:
        """Yields sampled rows.

        Args:
            offset: Rows to skip because an earlier run generated them.

        Yields:
            A list of rows, and whether it is the last.
        """
        total = self.samples if self.data else 0
        if offset >= total:
            yield [], True
        for start in range(offset, total, self.batch_size):  # type: ignore[arg-type]
            end = min(start + self.batch_size, total)  # type: ignore[operator]
            yield [self._sample() for _ in range(start, end)], end == total

    def _sample(self) -> dict[str, list[Any]]:
        rows = random.choices(self.data, k=self.size)
        return {key: [row.get(key) for row in rows] for key in self.outputs}

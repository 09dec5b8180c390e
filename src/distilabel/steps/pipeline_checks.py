"""`PipelineCheck`: a step that looks at the steps before it, before the first question is asked."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Sequence
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from distilabel.steps.base import _Step


class PipelineCheck(ABC):
    """A step whose problems are reported with all others of the pipeline."""

    @abstractmethod
    def _problems(self, before: Sequence[_Step]) -> list[str]:
        """Returns what is wrong, as messages that begin with the name of the step.

        Args:
            before: The steps whose rows reach this one, the nearest first.
        """


def maker_of(column: str, before: Sequence[_Step]) -> _Step | None:
    """The nearest step that makes a column; None if the rows had it from the start.

    Args:
        column: Name of the column in the pipeline.
        before: Steps, the nearest first.
    """
    for step in before:
        if not step.is_generator and column in step.get_outputs():
            return step
    return None

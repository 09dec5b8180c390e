"""What a model thought, in the rows of a task: its column, and whether a task can have it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from distilabel.constants import DISTILABEL_METADATA_KEY
from distilabel.errors import DistilabelUserError

if TYPE_CHECKING:
    from distilabel.typing import GenerateOutput

# The column, and what models call it in their outputs.
REASONING: Final = "reasoning"
# Of one generation among others that have a text; one that is alone is the model's to tell.
NO_ANSWER: Final = "the model thought, but gave no text; if it was cut off, raise max_new_tokens"


class Listening:
    """Asks, and hears what the model thought: for tasks of several turns.

    Args:
        ask: what asks.

    Attributes:
        thoughts: heard so far, in the order in which the answers came.
    """

    def __init__(self, ask: Any) -> None:
        self._ask = ask
        self.thoughts: list[str] = []
        if hasattr(ask, "again"):
            self.again = self._again

    async def __call__(self, *args: Any, **kwargs: Any) -> GenerateOutput:
        """Asks one question."""
        return self._heard(await self._ask(*args, **kwargs))

    async def _again(self, *args: Any) -> GenerateOutput:
        return self._heard(await self._ask.again(*args))

    def _heard(self, output: GenerateOutput) -> GenerateOutput:
        self.thoughts += [thought for thought in output.get(REASONING) or () if thought]
        return output

    def noted(self, rows: list[dict[str, Any]], step: str, *, in_column: bool) -> list[Any]:
        """The rows with what was heard, unless they have it already.

        Args:
            rows: that the task made.
            step: its name.
            in_column: whether it belongs in a column of its own, instead of in the metadata.
        """
        for row in rows if in_column else ():
            row.setdefault(REASONING, self.thoughts or None)
        if in_column or not self.thoughts:
            return rows
        for row in rows:
            metadata = row.get(DISTILABEL_METADATA_KEY)
            if metadata is None or isinstance(metadata, dict):
                key = f"{REASONING}_{step}"
                row[DISTILABEL_METADATA_KEY] = {key: self.thoughts, **(metadata or {})}
        return rows


def check_column(task: Any) -> None:
    """Makes sure that a task can keep a column with what its model thought.

    Args:
        task: asked to keep it.

    Raises:
        DistilabelUserError: it cannot.
    """
    if REASONING in task.outputs:
        raise DistilabelUserError(
            f"{task.name}: {type(task).__name__} has a column {REASONING!r} of its own: leave out "
            "add_reasoning; what the model thought is in distilabel_metadata then."
        )

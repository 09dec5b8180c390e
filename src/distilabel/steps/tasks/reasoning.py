"""The reasoning of a model in the rows of a task: in a column, or in the metadata."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from distilabel.constants import DISTILABEL_METADATA_KEY
from distilabel.errors import AnswerError, DistilabelUserError
from distilabel.models.wire.reasoning import split_reasoning

if TYPE_CHECKING:
    from distilabel.typing import GenerateOutput

# Name of the column, and key in the output of a model.
REASONING: Final = "reasoning"
# Key in the output of a model: an answer may consist of tool calls alone.
TOOL_CALLS: Final = "tool_calls"
# For one generation of several. If a model's only generation has no text, the model raises.
NO_TEXT: Final = "the model gave no text"
REASONING_WITHOUT_TEXT: Final = (
    "the model returned reasoning but no text; if the answer was cut off, raise max_new_tokens"
)


class ReasoningRecorder:
    """Wraps the `ask` of a task with several turns and records the reasoning of every answer.

    Args:
        ask: Asks the model.
        splits_texts: Whether to take the reasoning at the beginning of a text out of it.

    Attributes:
        recorded: Reasoning recorded so far, in the order in which the answers arrived.
    """

    def __init__(self, ask: Any, *, splits_texts: bool) -> None:
        self._ask = ask
        self._splits_texts = splits_texts
        self.recorded: list[str] = []
        if hasattr(ask, "again"):
            self.again = self._again

    async def __call__(self, *args: Any, **kwargs: Any) -> GenerateOutput:
        """Asks one question."""
        return self._record(await self._ask(*args, **kwargs))

    async def _again(self, *args: Any, **kwargs: Any) -> GenerateOutput:
        return self._record(await self._ask.again(*args, **kwargs))

    def _record(self, output: GenerateOutput) -> GenerateOutput:
        if self._splits_texts and any("think>" in (text or "") for text in output["generations"]):
            # A copy, because other rows may share the output.
            parts = [split_reasoning(text) for text in output["generations"]]
            output = {**output, "generations": [text for _, text in parts]}
            self.recorded += [thoughts for thoughts, _ in parts if thoughts]
            if not any(text for _, text in parts):
                raise AnswerError(REASONING_WITHOUT_TEXT, has_no_text=True)
        self.recorded += [text for text in output.get(REASONING) or () if text]
        return output

    def add_to(self, rows: list[dict[str, Any]], step: str, *, in_column: bool) -> list[Any]:
        """Adds the recorded reasoning to rows that do not have any yet.

        Args:
            rows: Output rows of the task; they are changed.
            step: Name of the task.
            in_column: True to use the column `reasoning`, False to use the metadata.

        Returns:
            The same rows.
        """
        for row in rows if in_column else ():
            row.setdefault(REASONING, self.recorded or None)
        if in_column or not self.recorded:
            return rows
        for row in rows:
            metadata = row.get(DISTILABEL_METADATA_KEY)
            if metadata is None or isinstance(metadata, dict):
                key = f"{REASONING}_{step}"
                row[DISTILABEL_METADATA_KEY] = {key: self.recorded, **(metadata or {})}
        return rows


def check_reasoning_column(task: Any) -> None:
    """Checks that a task has no output column that `add_reasoning` would overwrite.

    Args:
        task: Task with `add_reasoning=True`.

    Raises:
        DistilabelUserError: If the task has an output column `reasoning`.
    """
    if REASONING in task.outputs:
        raise DistilabelUserError(
            f"{task.name}: {type(task).__name__} already has an output column {REASONING!r}. Leave "
            "out add_reasoning; the reasoning of the model is then in distilabel_metadata."
        )

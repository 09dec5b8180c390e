"""`TrainingFormat`, the base of the steps that make rows as trainers of the library TRL read them.

Their rows have every column that a trainer needs. A row without them is dropped, and counted as
dropped in the report of the run: a trainer stops at a missing value.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import TYPE_CHECKING, Any, ClassVar, Dict, List, Union

from distilabel.errors import DistilabelUserError
from distilabel.steps.base import Step, StepInput
from distilabel.steps.formatting.prompts import Messages, chat_prompt, text_prompt

if TYPE_CHECKING:
    from distilabel.typing import StepOutput

Prompt = Union[str, Messages]


class TrainingFormat(Step, ABC):
    """A step that makes training examples of every row.

    Attributes:
        conversational: Whether prompts and answers are lists of messages, to which the trainer
            applies the chat template of its model. Otherwise they are texts.
    """

    conversational: bool = True

    _row_by_row: ClassVar[bool] = True
    _changes_row_count: ClassVar[bool] = True

    @property
    def _prompt_inputs(self) -> Dict[str, bool]:
        return {"instruction": False, "messages": False, "system_prompt": False}

    @property
    def optional_inputs(self) -> List[str]:
        """The input columns that a row may lack."""
        inputs = self.inputs
        return [name for name, required in inputs.items() if not required]  # type: ignore[union-attr]

    @abstractmethod
    def _examples(self, row: Dict[str, Any]) -> List[Dict[str, Any]]:
        """Returns the columns of each training example that a row gives."""

    def process(self, inputs: StepInput) -> StepOutput:
        """Makes training examples.

        Args:
            inputs: Input rows.

        Yields:
            One row per example, with the other columns of its input row.

        Raises:
            DistilabelUserError: If a column has content of the wrong type.
        """
        yield [{**row, **columns} for row in inputs for columns in self._examples(row)]

    def _prompt(self, row: Dict[str, Any]) -> Prompt | None:
        """Returns the prompt of a row in the form of this step; None if it has none.

        Args:
            row: Row with `messages`, or with `instruction` and maybe `system_prompt`.

        Raises:
            DistilabelUserError: The row has neither column, or texts cannot say what the
                conversation does.
        """
        messages = self._prompt_messages(row)
        if messages is None or self.conversational:
            return messages
        if [message["role"] for message in messages] != ["user"]:
            raise DistilabelUserError(
                f"{self.name}: a prompt that is a text has one user message, and no system prompt. "
                "Set conversational=True to keep the other messages."
            )
        content = messages[0]["content"]
        if not isinstance(content, str):
            raise DistilabelUserError(
                f"{self.name}: a prompt with images cannot be a text. Set conversational=True."
            )
        return content

    def _prompt_messages(self, row: Dict[str, Any]) -> Messages | None:
        if row.get("messages") is not None:
            messages = chat_prompt(self, row)[1]
        elif "instruction" in row:
            text, messages = text_prompt(self, row)
            messages = None if text is None else messages
        elif "messages" in row:
            messages = None
        else:
            raise DistilabelUserError(
                f"{self.name}: a row has neither the column 'instruction' nor 'messages', only "
                f"{', '.join(map(repr, row))}. Rename one with `input_mappings`."
            )
        return messages or None

    def _answer(self, text: str) -> Prompt:
        """Returns an answer in the form of this step."""
        return [{"role": "assistant", "content": text}] if self.conversational else text

"""`ConversationTemplate`: makes a conversation from an instruction and its response."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from distilabel.steps.base import Step, StepInput
from distilabel.steps.column_checks import optional_text_in

if TYPE_CHECKING:
    from distilabel.typing import StepColumns, StepOutput


class ConversationTemplate(Step):
    """Makes a conversation with two messages from an instruction and its response.

    The conversation is None if either of them is None.

    Input columns:
        - instruction (str): User message.
        - response (str): Assistant message.

    Output columns:
        - conversation (ChatType): Conversation with the two messages.

    Examples:
        One exchange:

        ```python
        from distilabel.steps import ConversationTemplate

        template = ConversationTemplate()
        template.load()
        rows = next(template.process([{"instruction": "Who?", "response": "The owl."}]))
        # "conversation" holds a user message and an assistant message
        ```
    """

    _row_by_row: ClassVar[bool] = True

    @property
    def inputs(self) -> StepColumns:
        """`instruction` and `response`."""
        return ["instruction", "response"]

    @property
    def outputs(self) -> StepColumns:
        """`conversation`."""
        return ["conversation"]

    def process(self, inputs: StepInput) -> StepOutput:
        """Adds conversations.

        Args:
            inputs: Input rows; they are changed in place.

        Yields:
            The same rows.
        """
        for row in inputs:
            instruction = optional_text_in(self, row, "instruction")
            response = optional_text_in(self, row, "response")
            row["conversation"] = (
                None
                if instruction is None or response is None
                else [
                    {"role": "user", "content": instruction},
                    {"role": "assistant", "content": response},
                ]
            )
        yield inputs

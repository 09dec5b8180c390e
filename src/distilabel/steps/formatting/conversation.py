"""`ConversationTemplate`: a question and its answer as a conversation."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from distilabel.steps.base import Step, StepInput

if TYPE_CHECKING:
    from distilabel.typing import StepColumns, StepOutput


class ConversationTemplate(Step):
    """Makes a conversation of two messages out of an instruction and its response.

    If one of the two is None, so is the conversation.

    Input columns:
        - instruction (str): what the user says.
        - response (str): what the assistant says.

    Output columns:
        - conversation (ChatType): the two messages.

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
            inputs: the rows; they are changed.

        Yields:
            The same rows.
        """
        for row in inputs:
            question, answer = row["instruction"], row["response"]
            row["conversation"] = (
                None
                if question is None or answer is None
                else [
                    {"role": "user", "content": question},
                    {"role": "assistant", "content": answer},
                ]
            )
        yield inputs

"""`FormatTextGenerationSFT`, `FormatChatGenerationSFT`: rows for supervised fine-tuning."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar, Dict, Final, List

from distilabel.steps.base import Step, StepInput
from distilabel.steps.columns.utils import combine_inputs
from distilabel.steps.formatting.prompts import answered, first_user_message, opening, prompt_id

if TYPE_CHECKING:
    from distilabel.typing import StepColumns, StepOutput

_OUTPUTS: Final = ("prompt", "prompt_id", "messages")


def _example(
    prompt: str | None, messages: list[dict[str, Any]] | None, answer: str | None
) -> Dict[str, Any]:
    if prompt is None or messages is None or answer is None:
        return {"prompt": None, "prompt_id": None, "messages": None}
    return {
        "prompt": prompt,
        "prompt_id": prompt_id(prompt),
        "messages": answered(messages, answer),
    }


class FormatTextGenerationSFT(Step):
    """Formats instructions and generations for supervised fine-tuning.

    The columns are those that SFT recipes such as the alignment handbook read. A row without an
    instruction or a generation has None in them.

    Input columns:
        - system_prompt (str, optional): the first message of the conversation.
        - instruction (str): what the user says.
        - generation (str): what the model answered.

    Output columns:
        - prompt (str): the instruction.
        - prompt_id (str): SHA-256 of the prompt.
        - messages (ChatType): the conversation.

    References:
        - [The Alignment Handbook](https://github.com/huggingface/alignment-handbook)

    Examples:
        One row:

        ```python
        from distilabel.steps import FormatTextGenerationSFT

        sft = FormatTextGenerationSFT()
        sft.load()
        rows = next(sft.process([{"instruction": "Who?", "generation": "The owl."}]))
        # "messages" holds a user message and an assistant message
        ```
    """

    _row_by_row: ClassVar[bool] = True

    @property
    def inputs(self) -> StepColumns:
        """`instruction`, `generation`, and `system_prompt` where there is one."""
        return {"system_prompt": False, "instruction": True, "generation": True}

    @property
    def optional_inputs(self) -> List[str]:
        """`system_prompt`."""
        return ["system_prompt"]

    @property
    def outputs(self) -> StepColumns:
        """`prompt`, `prompt_id`, `messages`."""
        return list(_OUTPUTS)

    def process(self, *inputs: StepInput) -> StepOutput:
        """Adds prompts and conversations.

        Args:
            inputs: one list of rows per predecessor; a single one's rows are changed.

        Yields:
            The rows.
        """
        rows = combine_inputs(inputs)
        for row in rows:
            row.update(_example(row["instruction"], opening(row), row["generation"]))
        yield rows


class FormatChatGenerationSFT(Step):
    """Formats conversations and the generations that go on with them for fine-tuning.

    The columns are those that SFT recipes such as the alignment handbook read. A row without a
    conversation, a user message in it, or a generation has None in them.

    Input columns:
        - messages (ChatType): the conversation so far.
        - generation (str): what the model answered.

    Output columns:
        - prompt (str): the first user message.
        - prompt_id (str): SHA-256 of the prompt.
        - messages (ChatType): the conversation with the answer.

    References:
        - [The Alignment Handbook](https://github.com/huggingface/alignment-handbook)

    Examples:
        One row:

        ```python
        from distilabel.steps import FormatChatGenerationSFT

        sft = FormatChatGenerationSFT()
        sft.load()
        messages = [{"role": "user", "content": "Who?"}]
        rows = next(sft.process([{"messages": messages, "generation": "The owl."}]))
        # "messages" holds both messages
        ```
    """

    _row_by_row: ClassVar[bool] = True

    @property
    def inputs(self) -> StepColumns:
        """`messages` and `generation`."""
        return ["messages", "generation"]

    @property
    def outputs(self) -> StepColumns:
        """`prompt`, `prompt_id`, `messages`."""
        return list(_OUTPUTS)

    def process(self, *inputs: StepInput) -> StepOutput:
        """Adds prompts and completes conversations.

        Args:
            inputs: one list of rows per predecessor; a single one's rows are changed.

        Yields:
            The rows.
        """
        rows = combine_inputs(inputs)
        for row in rows:
            messages = row["messages"]
            prompt = first_user_message(messages) if messages is not None else None
            row.update(_example(prompt, messages, row["generation"]))
        yield rows

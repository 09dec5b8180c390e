"""`FormatTextGenerationSFT` and `FormatChatGenerationSFT`: rows for supervised fine-tuning."""

from __future__ import annotations

from abc import ABC
from typing import TYPE_CHECKING, Any, Dict, Final, List

from distilabel.steps.column_checks import optional_text_in
from distilabel.steps.formatting.base import FormattingStep
from distilabel.steps.formatting.prompts import (
    Messages,
    chat_prompt,
    prompt_id,
    text_prompt,
    with_answer,
)

if TYPE_CHECKING:
    from distilabel.typing import StepColumns

_OUTPUTS: Final = ("prompt", "prompt_id", "messages")


def _example(prompt: str | None, messages: Messages | None, answer: str | None) -> Dict[str, Any]:
    """Returns the output columns of a row; all None if a part is missing."""
    if prompt is None or messages is None or answer is None:
        return {"prompt": None, "prompt_id": None, "messages": None}
    return {
        "prompt": prompt,
        "prompt_id": prompt_id(prompt),
        "messages": with_answer(messages, answer),
    }


class _FormatSFT(FormattingStep, ABC):
    """Base of the SFT formatting steps, which differ in where the prompt of a row is."""

    @property
    def outputs(self) -> StepColumns:
        """`prompt`, `prompt_id`, `messages`."""
        return list(_OUTPUTS)

    def _columns(
        self, row: dict[str, Any], prompt: str | None, messages: Messages | None
    ) -> dict[str, Any]:
        return _example(prompt, messages, optional_text_in(self, row, "generation"))


class FormatTextGenerationSFT(_FormatSFT):
    """Formats instructions and generations for supervised fine-tuning (SFT).

    The output columns are those that SFT recipes such as the Alignment Handbook read. They are
    None in a row whose instruction or generation is None.

    Input columns:
        - system_prompt (str, optional): System message of the conversation.
        - instruction (str): User message.
        - generation (str): Answer of the model.

    Output columns:
        - prompt (str): Instruction.
        - prompt_id (str): SHA-256 of the prompt.
        - messages (ChatType): Conversation with the answer.

    References:
        - [The Alignment Handbook](https://github.com/huggingface/alignment-handbook)

    Examples:
        Format one row:

        ```python
        from distilabel.steps import FormatTextGenerationSFT

        sft = FormatTextGenerationSFT()
        sft.load()
        rows = next(sft.process([{"instruction": "Who?", "generation": "The owl."}]))
        # "messages" holds a user message and an assistant message
        ```
    """

    @property
    def inputs(self) -> StepColumns:
        """`instruction`, `generation`, and optionally `system_prompt`."""
        return {"system_prompt": False, "instruction": True, "generation": True}

    @property
    def optional_inputs(self) -> List[str]:
        """`system_prompt`."""
        return ["system_prompt"]

    def _prompt(self, row: dict[str, Any]) -> tuple[str | None, Messages | None]:
        return text_prompt(self, row)


class FormatChatGenerationSFT(_FormatSFT):
    """Formats conversations and generations for supervised fine-tuning (SFT).

    The output columns are those that SFT recipes such as the Alignment Handbook read. They are
    None in a row whose conversation is None or has no user message, or whose generation is None.

    Input columns:
        - messages (ChatType): Conversation before the answer.
        - generation (str): Answer of the model.

    Output columns:
        - prompt (str): First user message.
        - prompt_id (str): SHA-256 of the prompt.
        - messages (ChatType): Conversation with the answer.

    References:
        - [The Alignment Handbook](https://github.com/huggingface/alignment-handbook)

    Examples:
        Format one row:

        ```python
        from distilabel.steps import FormatChatGenerationSFT

        sft = FormatChatGenerationSFT()
        sft.load()
        messages = [{"role": "user", "content": "Who?"}]
        rows = next(sft.process([{"messages": messages, "generation": "The owl."}]))
        # "messages" holds both messages
        ```
    """

    @property
    def inputs(self) -> StepColumns:
        """`messages` and `generation`."""
        return ["messages", "generation"]

    def _prompt(self, row: dict[str, Any]) -> tuple[str | None, Messages | None]:
        return chat_prompt(self, row)

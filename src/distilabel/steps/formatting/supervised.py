"""`FormatSFT`: examples for supervised fine-tuning, with reasoning and tools, as TRL reads them."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, Dict, List, Literal, Optional

from distilabel.errors import DistilabelUserError
from distilabel.models.wire.reasoning import split_reasoning
from distilabel.steps.column_checks import column_name, kind_of, optional_text_in
from distilabel.steps.formatting.prompts import with_answer
from distilabel.steps.formatting.training import TrainingFormat

if TYPE_CHECKING:
    from distilabel.typing import StepColumns


class FormatSFT(TrainingFormat):
    """Formats prompts and answers for the SFT trainer of TRL.

    A row without a prompt or without an answer is dropped. `FormatTextGenerationSFT` makes the
    columns of distilabel 1.x, with a `prompt` beside `messages` that TRL does not accept.

    Attributes:
        style: `"messages"` for one conversation, `"prompt-completion"` for the prompt apart from
            the answer, so that the trainer computes the loss on the answer alone.
        reasoning: `"keep"` leaves a `<think>` block before the answer, and makes one of the column
            `reasoning` if the answer has none; `"cut"` removes it.
        conversational: Whether `prompt` and `completion` are lists of messages instead of texts.

    Input columns:
        - instruction (str, optional): Prompt; needed without `messages`.
        - messages (ChatType, optional): Conversation before the answer.
        - system_prompt (str, optional): System message before the instruction.
        - generation (str): Answer.
        - reasoning (str, optional): Reasoning before the answer.
        - tools (List[Dict[str, Any]], optional): JSON schemas of the tools of the conversation, or
            JSON text.

    Output columns:
        - messages (ChatType): Conversation with the answer; with the style `"messages"`.
        - prompt (Union[ChatType, str]): Prompt; with the style `"prompt-completion"`.
        - completion (Union[ChatType, str]): Answer; with the style `"prompt-completion"`.
        - tools (str): The tools as JSON text, which keeps schemas of different tools apart; if the
            row has tools.

    References:
        - [TRL: dataset formats](https://huggingface.co/docs/trl/dataset_formats)

    Examples:
        Keep the reasoning of a model:

        ```python
        from distilabel.steps import FormatSFT

        sft = FormatSFT(style="prompt-completion")
        sft.load()
        row = {"instruction": "2 + 2?", "generation": "4", "reasoning": "Two and two."}
        rows = next(sft.process([row]))
        # "completion" begins with "<think>"
        ```
    """

    style: Literal["messages", "prompt-completion"] = "messages"
    reasoning: Literal["keep", "cut"] = "keep"

    @property
    def inputs(self) -> StepColumns:
        """The prompt, `generation`, and optionally `reasoning` and `tools`."""
        return {**self._prompt_inputs, "generation": True, "reasoning": False, "tools": False}

    @property
    def outputs(self) -> StepColumns:
        """`messages`, or `prompt` and `completion`; and `tools` if the row has them."""
        columns = ("messages",) if self.style == "messages" else ("prompt", "completion")
        return {**dict.fromkeys(columns, True), "tools": False}

    def _examples(self, row: Dict[str, Any]) -> List[Dict[str, Any]]:
        answer = self._text(row)
        if answer is None:
            return []
        columns: Dict[str, Any]
        if self.style == "messages":
            messages = self._prompt_messages(row)
            if messages is None:
                return []
            columns = {"messages": with_answer(messages, answer)}
        else:
            prompt = self._prompt(row)
            if prompt is None:
                return []
            columns = {"prompt": prompt, "completion": self._answer(answer)}
        tools = self._tools(row)
        return [columns if tools is None else {**columns, "tools": tools}]

    def _text(self, row: Dict[str, Any]) -> str | None:
        """Returns the answer of a row, with its reasoning or without."""
        text = optional_text_in(self, row, "generation")
        inside, answer = split_reasoning(text)
        if self.reasoning == "cut" or not answer:
            return answer or None
        apart = row.get("reasoning")
        thoughts = inside or (apart.strip() if isinstance(apart, str) else None)
        return f"<think>\n{thoughts}\n</think>\n\n{answer}" if thoughts else answer

    def _tools(self, row: Dict[str, Any]) -> Optional[str]:
        tools = row.get("tools")
        if not tools:
            return None
        if isinstance(tools, str):
            return tools
        if not isinstance(tools, (list, tuple)):
            raise DistilabelUserError(
                f"{self.name}: column {column_name(self, 'tools')!r} contains {kind_of(tools)}. It "
                "must contain a list of JSON schemas, or JSON text."
            )
        return json.dumps(list(tools), ensure_ascii=False)

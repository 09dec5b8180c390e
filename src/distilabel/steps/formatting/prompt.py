"""`FormatPrompt`: prompts alone, as TRL's trainers for online reinforcement learning read them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Dict, List

from distilabel.steps.formatting.training import TrainingFormat

if TYPE_CHECKING:
    from distilabel.typing import StepColumns


class FormatPrompt(TrainingFormat):
    """Formats prompts for the GRPO and RLOO trainers of TRL, whose model writes the answers.

    The other columns of a row stay: the trainer passes them to the reward function, such as
    `ground_truth` to one that checks answers. A row without a prompt is dropped.

    Attributes:
        conversational: Whether `prompt` is a list of messages instead of a text.

    Input columns:
        - instruction (str, optional): Prompt; needed without `messages`.
        - messages (ChatType, optional): Conversation before the answer.
        - system_prompt (str, optional): System message before the instruction.

    Output columns:
        - prompt (Union[ChatType, str]): Prompt.

    References:
        - [TRL: dataset formats](https://huggingface.co/docs/trl/dataset_formats)

    Examples:
        Keep the answer for the reward function:

        ```python
        from distilabel.steps import FormatPrompt

        prompts = FormatPrompt()
        prompts.load()
        rows = next(prompts.process([{"instruction": "2 + 2?", "ground_truth": "4"}]))
        # "prompt" is [{"role": "user", "content": "2 + 2?"}]
        ```
    """

    @property
    def inputs(self) -> StepColumns:
        """The prompt."""
        return self._prompt_inputs

    @property
    def outputs(self) -> StepColumns:
        """`prompt`."""
        return ["prompt"]

    def _examples(self, row: Dict[str, Any]) -> List[Dict[str, Any]]:
        prompt = self._prompt(row)
        return [] if prompt is None else [{"prompt": prompt}]

"""`FormatSPIN`: pairs of a reference answer and a model's own answer, for self-play fine-tuning."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Dict, List

from distilabel.steps.column_checks import optional_text_in
from distilabel.steps.formatting.training import TrainingFormat

if TYPE_CHECKING:
    from distilabel.typing import StepColumns


class FormatSPIN(TrainingFormat):
    """Formats pairs for self-play fine-tuning (SPIN), which the DPO trainer of TRL reads.

    The reference answer is chosen, the answer of the model that is to be trained is rejected. A
    row in which one is missing, or in which both are equal, is dropped.

    Attributes:
        conversational: Whether `prompt`, `chosen` and `rejected` are lists of messages instead of
            texts.

    Input columns:
        - instruction (str, optional): Prompt; needed without `messages`.
        - messages (ChatType, optional): Conversation before the answer.
        - system_prompt (str, optional): System message before the instruction.
        - reference (str): Answer of the dataset that the model is trained on.
        - generation (str): Answer of the model.

    Output columns:
        - prompt (Union[ChatType, str]): Prompt.
        - chosen (Union[ChatType, str]): Reference answer.
        - rejected (Union[ChatType, str]): Answer of the model.

    References:
        - [Self-Play Fine-Tuning Converts Weak Language Models to Strong Language Models](https://arxiv.org/abs/2401.01335)

    Citations:
        ```bibtex
        @misc{chen2024selfplayfinetuningconvertsweak,
            title={Self-Play Fine-Tuning Converts Weak Language Models to Strong Language Models},
            author={Zixiang Chen and Yihe Deng and Huizhuo Yuan and Kaixuan Ji and Quanquan Gu},
            year={2024},
            eprint={2401.01335},
            archivePrefix={arXiv},
            primaryClass={cs.LG},
            url={https://arxiv.org/abs/2401.01335},
        }
        ```

    Examples:
        Make a pair:

        ```python
        from distilabel.steps import FormatSPIN

        spin = FormatSPIN()
        spin.load()
        row = {"instruction": "Who?", "reference": "The owl.", "generation": "A bird."}
        rows = next(spin.process([row]))
        # "chosen" is [{"role": "assistant", "content": "The owl."}]
        ```
    """

    @property
    def inputs(self) -> StepColumns:
        """The prompt, `reference` and `generation`."""
        return {**self._prompt_inputs, "reference": True, "generation": True}

    @property
    def outputs(self) -> StepColumns:
        """`prompt`, `chosen` and `rejected`."""
        return ["prompt", "chosen", "rejected"]

    def _examples(self, row: Dict[str, Any]) -> List[Dict[str, Any]]:
        prompt = self._prompt(row)
        reference = optional_text_in(self, row, "reference")
        own = optional_text_in(self, row, "generation")
        if prompt is None or reference is None or own is None or reference == own:
            return []
        return [
            {"prompt": prompt, "chosen": self._answer(reference), "rejected": self._answer(own)}
        ]

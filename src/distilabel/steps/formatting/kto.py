"""`FormatKTO`: answers that are desirable or undesirable, as TRL's KTO trainer reads them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Dict, List, Optional, Self

from pydantic import Field, model_validator

from distilabel.errors import DistilabelUserError
from distilabel.mixins.runtime_parameters import RuntimeParameter
from distilabel.steps.formatting.rated import rated_generations
from distilabel.steps.formatting.training import TrainingFormat

if TYPE_CHECKING:
    from distilabel.typing import StepColumns


class FormatKTO(TrainingFormat):
    """Formats rated generations as desirable and undesirable answers for the KTO trainer of TRL.

    Every rated generation becomes a row. One between the two thresholds is left out.

    Attributes:
        desirable_at_least: Lowest rating of a desirable answer.
        undesirable_at_most: Highest rating of an undesirable answer; None for every rating below
            `desirable_at_least`.
        conversational: Whether `prompt` and `completion` are lists of messages instead of texts.

    Runtime parameters:
        - desirable_at_least (float): Lowest rating of a desirable answer. Defaults to `4.0`.
        - undesirable_at_most (float): Highest rating of an undesirable answer. Defaults to `None`.

    Input columns:
        - instruction (str, optional): Prompt; needed without `messages`.
        - messages (ChatType, optional): Conversation before the answer.
        - system_prompt (str, optional): System message before the instruction.
        - generations (List[str]): Answers.
        - ratings (List[float]): Rating of each answer; higher is better.

    Output columns:
        - prompt (Union[ChatType, str]): Prompt.
        - completion (Union[ChatType, str]): Answer.
        - label (bool): Whether the answer is desirable.
        - completion_rating (float): Rating of the answer.

    References:
        - [KTO: Model Alignment as Prospect Theoretic Optimization](https://arxiv.org/abs/2402.01306)
        - [TRL: dataset formats](https://huggingface.co/docs/trl/dataset_formats)

    Citations:
        ```bibtex
        @misc{ethayarajh2024ktomodelalignmentprospect,
            title={KTO: Model Alignment as Prospect Theoretic Optimization},
            author={Kawin Ethayarajh and Winnie Xu and Niklas Muennighoff and Dan Jurafsky and Douwe Kiela},
            year={2024},
            eprint={2402.01306},
            archivePrefix={arXiv},
            primaryClass={cs.LG},
            url={https://arxiv.org/abs/2402.01306},
        }
        ```

    Examples:
        Label two answers:

        ```python
        from distilabel.steps import FormatKTO

        kto = FormatKTO()
        kto.load()
        row = {"instruction": "Who?", "generations": ["The owl.", "No."], "ratings": [5, 1]}
        rows = next(kto.process([row]))
        # two rows, with "label" True and False
        ```
    """  # noqa: E501 (the authors are on one line, as in the entry on arXiv)

    desirable_at_least: RuntimeParameter[float] = Field(
        default=4.0, description="Lowest rating of a desirable answer."
    )
    undesirable_at_most: Optional[RuntimeParameter[float]] = Field(
        default=None, description="Highest rating of an undesirable answer."
    )

    @model_validator(mode="after")
    def _check_thresholds(self) -> Self:
        low, high = self.undesirable_at_most, self.desirable_at_least
        if low is not None and high is not None and low >= high:
            raise DistilabelUserError(
                f"{self.name}: undesirable_at_most ({low}) must be below desirable_at_least "
                f"({high})."
            )
        return self

    @property
    def inputs(self) -> StepColumns:
        """The prompt, `generations` and `ratings`."""
        return {**self._prompt_inputs, "generations": True, "ratings": True}

    @property
    def outputs(self) -> StepColumns:
        """`prompt`, `completion`, `label` and `completion_rating`."""
        return ["prompt", "completion", "label", "completion_rating"]

    def _examples(self, row: Dict[str, Any]) -> List[Dict[str, Any]]:
        prompt = self._prompt(row)
        if prompt is None:
            return []
        examples = []
        for answer in rated_generations(self, row):
            desirable = answer.rating >= (self.desirable_at_least or 0)
            low = self.undesirable_at_most
            if not desirable and low is not None and answer.rating > low:
                continue
            examples.append(
                {
                    "prompt": prompt,
                    "completion": self._answer(answer.text),
                    "label": bool(desirable),
                    "completion_rating": float(answer.rating),
                }
            )
        return examples

"""`FormatPreference`: pairs for DPO, ORPO and reward models, as TRL reads them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Dict, Final, List

from pydantic import Field, NonNegativeFloat

from distilabel.mixins.runtime_parameters import RuntimeParameter
from distilabel.steps.column_checks import optional_list_in
from distilabel.steps.formatting.rated import best_and_worst, rated_generations
from distilabel.steps.formatting.training import TrainingFormat

if TYPE_CHECKING:
    from distilabel.typing import StepColumns

_MODELS: Final = "generation_models"


class FormatPreference(TrainingFormat):
    """Formats rated generations as preference pairs for the DPO, ORPO and reward trainers of TRL.

    The best rated generation is chosen, the worst rated one is rejected. A row without two
    generations of different ratings is dropped. `FormatTextGenerationDPO` makes the columns of
    distilabel 1.x, with a prompt that is a text beside conversations, which TRL does not accept.

    Attributes:
        conversational: Whether `prompt`, `chosen` and `rejected` are lists of messages instead of
            texts.
        min_margin: Smallest difference of the two ratings. A pair with a smaller one is dropped.

    Runtime parameters:
        - min_margin (float): Smallest difference of the two ratings. Defaults to `0.0`.

    Input columns:
        - instruction (str, optional): Prompt; needed without `messages`.
        - messages (ChatType, optional): Conversation before the answer.
        - system_prompt (str, optional): System message before the instruction.
        - generations (List[str]): Answers to choose from.
        - ratings (List[float]): Rating of each answer; higher is better.
        - generation_models (List[str], optional): Model of each answer.

    Output columns:
        - prompt (Union[ChatType, str]): Prompt.
        - chosen (Union[ChatType, str]): Best rated answer.
        - rejected (Union[ChatType, str]): Worst rated answer.
        - chosen_rating (float): Rating of the chosen answer.
        - rejected_rating (float): Rating of the rejected answer.
        - margin (float): Difference of the ratings, which the reward trainer uses.
        - chosen_model (str): Model of the chosen answer; if there are `generation_models`.
        - rejected_model (str): Model of the rejected answer; if there are `generation_models`.

    References:
        - [TRL: dataset formats](https://huggingface.co/docs/trl/dataset_formats)

    Examples:
        Make a pair:

        ```python
        from distilabel.steps import FormatPreference

        preference = FormatPreference()
        preference.load()
        row = {"instruction": "Who?", "generations": ["The owl.", "No."], "ratings": [5, 1]}
        rows = next(preference.process([row]))
        # "chosen" is [{"role": "assistant", "content": "The owl."}], "margin" is 4.0
        ```
    """

    min_margin: RuntimeParameter[NonNegativeFloat] = Field(
        default=0.0, description="Smallest difference of the two ratings."
    )

    @property
    def inputs(self) -> StepColumns:
        """The prompt, `generations`, `ratings`, and optionally `generation_models`."""
        return {**self._prompt_inputs, "generations": True, "ratings": True, _MODELS: False}

    @property
    def outputs(self) -> StepColumns:
        """The prompt, both answers, their ratings and the margin."""
        always = ("prompt", "chosen", "rejected", "chosen_rating", "rejected_rating", "margin")
        return {**dict.fromkeys(always, True), "chosen_model": False, "rejected_model": False}

    def _examples(self, row: Dict[str, Any]) -> List[Dict[str, Any]]:
        prompt = self._prompt(row)
        pair = best_and_worst(rated_generations(self, row))
        if prompt is None or pair is None:
            return []
        chosen, rejected = pair
        margin = float(chosen.rating - rejected.rating)
        if margin <= 0 or margin < (self.min_margin or 0):
            return []
        columns: Dict[str, Any] = {
            "prompt": prompt,
            "chosen": self._answer(chosen.text),
            "rejected": self._answer(rejected.text),
            "chosen_rating": float(chosen.rating),
            "rejected_rating": float(rejected.rating),
            "margin": margin,
        }
        if _MODELS in row:
            models = optional_list_in(self, row, _MODELS) or []
            for name, answer in (("chosen", chosen), ("rejected", rejected)):
                known = answer.position < len(models)
                columns[f"{name}_model"] = models[answer.position] if known else None
        return [columns]

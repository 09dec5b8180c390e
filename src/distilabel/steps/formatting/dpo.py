"""`FormatTextGenerationDPO` and `FormatChatGenerationDPO`: rows for preference tuning."""

from __future__ import annotations

from abc import ABC
from typing import TYPE_CHECKING, Any, Dict, Final, List

from distilabel.errors import DistilabelUserError
from distilabel.steps.column_checks import optional_list_in
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

_OUTPUTS: Final = (
    "prompt",
    "prompt_id",
    "chosen",
    "chosen_model",
    "chosen_rating",
    "rejected",
    "rejected_model",
    "rejected_rating",
)
_ALWAYS: Final = tuple(name for name in _OUTPUTS if not name.endswith("_model"))


def _rated_indexes(generations: list[Any] | None, ratings: list[Any] | None) -> list[int]:
    """Returns the indexes with both a generation and a rating other than None or NaN."""
    if generations is None or ratings is None:
        return []
    return [
        i
        for i, (text, rating) in enumerate(zip(generations, ratings, strict=False))
        if text is not None and rating is not None and rating == rating
    ]


def _pair(
    row: dict[str, Any],
    generations: list[Any] | None,
    ratings: list[Any] | None,
    prompt: str | None,
    messages: Messages | None,
) -> Dict[str, Any]:
    """Returns the output columns of a row, made from its best and its worst generation."""
    has_models = "generation_models" in row
    rated = _rated_indexes(generations, ratings)
    if prompt is None or messages is None or not rated or generations is None or ratings is None:
        return dict.fromkeys(_OUTPUTS if has_models else _ALWAYS)
    best = max(rated, key=ratings.__getitem__)
    worst = min(rated, key=ratings.__getitem__)
    pair: dict[str, Any] = {"prompt": prompt, "prompt_id": prompt_id(prompt)}
    for which, i in (("chosen", best), ("rejected", worst)):
        pair[which] = with_answer(messages, generations[i])
        if has_models:
            models = row["generation_models"]
            pair[f"{which}_model"] = models[i] if models is not None and i < len(models) else None
        pair[f"{which}_rating"] = ratings[i]
    return pair


class _FormatDPO(FormattingStep, ABC):
    """Base of the DPO formatting steps, which differ in where the prompt of a row is."""

    @property
    def outputs(self) -> StepColumns:
        """The prompt, its identifier, and the chosen and the rejected conversation."""
        return list(_OUTPUTS)

    def _columns(
        self, row: dict[str, Any], prompt: str | None, messages: Messages | None
    ) -> dict[str, Any]:
        generations = optional_list_in(self, row, "generations")
        ratings = optional_list_in(self, row, "ratings")
        if generations is not None and ratings is not None:
            self._check_ratings(generations, ratings)
        if "generation_models" in row:
            optional_list_in(self, row, "generation_models")
        return _pair(row, generations, ratings, prompt, messages)

    def _check_ratings(self, generations: list[Any], ratings: list[Any]) -> None:
        if len(generations) != len(ratings):
            raise DistilabelUserError(
                f"{self.name}: {len(generations)} generations have {len(ratings)} ratings. There "
                "must be one rating per generation, in the same order; None for one without."
            )
        if any(isinstance(rating, str) for rating in ratings):
            raise DistilabelUserError(
                f"{self.name}: the ratings contain texts ({ratings}), which cannot be compared as "
                "numbers. Convert them in a step before this one."
            )


class FormatTextGenerationDPO(_FormatDPO):
    """Formats instructions and rated generations as preference pairs for DPO.

    The best rated generation is chosen and the worst rated one is rejected; the first one wins a
    tie. Generations that are None or have no rating are skipped. If no generation remains, the
    output columns are None.

    Input columns:
        - system_prompt (str, optional): System message of both conversations.
        - instruction (str): User message.
        - generations (List[str]): Answers to choose from.
        - generation_models (List[str], optional): Model of each answer.
        - ratings (List[float]): Rating of each answer; higher is better.

    Output columns:
        - prompt (str): Instruction.
        - prompt_id (str): SHA-256 of the prompt.
        - chosen (ChatType): Conversation with the best rated answer.
        - chosen_model (str): Model of the chosen answer; if there are `generation_models`.
        - chosen_rating (float): Rating of the chosen answer.
        - rejected (ChatType): Conversation with the worst rated answer.
        - rejected_model (str): Model of the rejected answer; if there are `generation_models`.
        - rejected_rating (float): Rating of the rejected answer.

    References:
        - [The Alignment Handbook](https://github.com/huggingface/alignment-handbook)

    Examples:
        Format one row:

        ```python
        from distilabel.steps import FormatTextGenerationDPO

        dpo = FormatTextGenerationDPO()
        dpo.load()
        rows = next(
            dpo.process(
                [{"instruction": "Who?", "generations": ["The owl.", "No."], "ratings": [5, 1]}]
            )
        )
        # "chosen" ends with "The owl.", "rejected" with "No."
        ```
    """

    @property
    def inputs(self) -> StepColumns:
        """`instruction`, `generations`, `ratings`, and optionally the others."""
        return {
            "system_prompt": False,
            "instruction": True,
            "generations": True,
            "generation_models": False,
            "ratings": True,
        }

    @property
    def optional_inputs(self) -> List[str]:
        """`system_prompt` and `generation_models`."""
        return ["system_prompt", "generation_models"]

    def _prompt(self, row: dict[str, Any]) -> tuple[str | None, Messages | None]:
        return text_prompt(self, row)


class FormatChatGenerationDPO(_FormatDPO):
    """Formats conversations and rated generations as preference pairs for DPO.

    The best rated generation is chosen and the worst rated one is rejected; the first one wins a
    tie. Generations that are None or have no rating are skipped. If no generation remains, the
    output columns are None.

    Input columns:
        - messages (ChatType): Conversation before the answer.
        - generations (List[str]): Answers to choose from.
        - generation_models (List[str], optional): Model of each answer.
        - ratings (List[float]): Rating of each answer; higher is better.

    Output columns:
        - prompt (str): First user message.
        - prompt_id (str): SHA-256 of the prompt.
        - chosen (ChatType): Conversation with the best rated answer.
        - chosen_model (str): Model of the chosen answer; if there are `generation_models`.
        - chosen_rating (float): Rating of the chosen answer.
        - rejected (ChatType): Conversation with the worst rated answer.
        - rejected_model (str): Model of the rejected answer; if there are `generation_models`.
        - rejected_rating (float): Rating of the rejected answer.

    References:
        - [The Alignment Handbook](https://github.com/huggingface/alignment-handbook)

    Examples:
        Format one row:

        ```python
        from distilabel.steps import FormatChatGenerationDPO

        dpo = FormatChatGenerationDPO()
        dpo.load()
        messages = [{"role": "user", "content": "Who?"}]
        rows = next(
            dpo.process(
                [{"messages": messages, "generations": ["The owl.", "No."], "ratings": [5, 1]}]
            )
        )
        # "chosen" ends with "The owl.", "rejected" with "No."
        ```
    """

    @property
    def inputs(self) -> StepColumns:
        """`messages`, `generations`, `ratings`."""
        return ["messages", "generations", "ratings"]

    @property
    def optional_inputs(self) -> List[str]:
        """`generation_models`."""
        return ["generation_models"]

    def _prompt(self, row: dict[str, Any]) -> tuple[str | None, Messages | None]:
        return chat_prompt(self, row)

"""`FormatTextGenerationDPO`, `FormatChatGenerationDPO`: rows for preference tuning."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar, Dict, Final, List

from distilabel.steps.base import Step, StepInput
from distilabel.steps.columns.utils import combine_inputs
from distilabel.steps.formatting.prompts import answered, first_user_message, opening, prompt_id

if TYPE_CHECKING:
    from distilabel.typing import StepColumns, StepOutput

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


def _rated(generations: list[Any] | None, ratings: list[Any] | None) -> list[int]:
    """Where there are both a generation and a rating that can be compared."""
    if generations is None or ratings is None:
        return []
    return [
        i
        for i, (text, rating) in enumerate(zip(generations, ratings, strict=False))
        if text is not None and rating is not None and rating == rating
    ]


def _pair(
    row: dict[str, Any], prompt: str | None, messages: list[dict[str, Any]] | None
) -> Dict[str, Any]:
    """The output columns of a row: the best and the worst of its generations."""
    generations, ratings = row["generations"], row["ratings"]
    has_models = "generation_models" in row
    rated = _rated(generations, ratings)
    if prompt is None or messages is None or not rated:
        return dict.fromkeys(_OUTPUTS if has_models else _ALWAYS)
    best = max(rated, key=ratings.__getitem__)
    worst = min(rated, key=ratings.__getitem__)
    pair: dict[str, Any] = {"prompt": prompt, "prompt_id": prompt_id(prompt)}
    for which, i in (("chosen", best), ("rejected", worst)):
        pair[which] = answered(messages, generations[i])
        if has_models:
            models = row["generation_models"]
            pair[f"{which}_model"] = models[i] if models is not None and i < len(models) else None
        pair[f"{which}_rating"] = ratings[i]
    return pair


class FormatTextGenerationDPO(Step):
    """Formats rated generations as pairs of a chosen and a rejected one.

    Chosen is the first of the best rated, rejected the first of the worst rated; a generation
    that is None or whose rating is None is neither. If none is left, the columns are None.

    Input columns:
        - system_prompt (str, optional): the first message of both conversations.
        - instruction (str): what the user says.
        - generations (List[str]): the answers.
        - generation_models (List[str], optional): who gave them.
        - ratings (List[float]): how good they are.

    Output columns:
        - prompt (str): the instruction.
        - prompt_id (str): SHA-256 of the prompt.
        - chosen (ChatType): the conversation with the best answer.
        - chosen_model (str): who gave it, where `generation_models` says so.
        - chosen_rating (float): its rating.
        - rejected (ChatType): the conversation with the worst answer.
        - rejected_model (str): who gave it, where `generation_models` says so.
        - rejected_rating (float): its rating.

    References:
        - [The Alignment Handbook](https://github.com/huggingface/alignment-handbook)

    Examples:
        One row:

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

    _row_by_row: ClassVar[bool] = True

    @property
    def inputs(self) -> StepColumns:
        """Required: `instruction`, `generations`, `ratings`."""
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

    @property
    def outputs(self) -> StepColumns:
        """The prompt and the pair."""
        return list(_OUTPUTS)

    def process(self, *inputs: StepInput) -> StepOutput:
        """Adds pairs.

        Args:
            inputs: one list of rows per predecessor; a single one's rows are changed.

        Yields:
            The rows.
        """
        rows = combine_inputs(inputs)
        for row in rows:
            row.update(_pair(row, row["instruction"], opening(row)))
        yield rows


class FormatChatGenerationDPO(Step):
    """Formats conversations and rated generations as pairs of a chosen and a rejected one.

    Chosen is the first of the best rated, rejected the first of the worst rated; a generation
    that is None or whose rating is None is neither. If none is left, the columns are None.

    Input columns:
        - messages (ChatType): the conversation so far.
        - generations (List[str]): the answers.
        - generation_models (List[str], optional): who gave them.
        - ratings (List[float]): how good they are.

    Output columns:
        - prompt (str): the first user message.
        - prompt_id (str): SHA-256 of the prompt.
        - chosen (ChatType): the conversation with the best answer.
        - chosen_model (str): who gave it, where `generation_models` says so.
        - chosen_rating (float): its rating.
        - rejected (ChatType): the conversation with the worst answer.
        - rejected_model (str): who gave it, where `generation_models` says so.
        - rejected_rating (float): its rating.

    References:
        - [The Alignment Handbook](https://github.com/huggingface/alignment-handbook)

    Examples:
        One row:

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

    _row_by_row: ClassVar[bool] = True

    @property
    def inputs(self) -> StepColumns:
        """`messages`, `generations`, `ratings`."""
        return ["messages", "generations", "ratings"]

    @property
    def optional_inputs(self) -> List[str]:
        """`generation_models`."""
        return ["generation_models"]

    @property
    def outputs(self) -> StepColumns:
        """The prompt and the pair."""
        return list(_OUTPUTS)

    def process(self, *inputs: StepInput) -> StepOutput:
        """Adds pairs.

        Args:
            inputs: one list of rows per predecessor; a single one's rows are changed.

        Yields:
            The rows.
        """
        rows = combine_inputs(inputs)
        for row in rows:
            messages = row["messages"]
            prompt = first_user_message(messages) if messages is not None else None
            row.update(_pair(row, prompt, messages))
        yield rows

"""`PairBestAndWorst`: the best and the worst of several scored answers."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from distilabel.steps.base import Step, StepInput
from distilabel.steps.formatting.rated import best_and_worst, rated_generations

if TYPE_CHECKING:
    from distilabel.typing import StepColumns, StepOutput


class PairBestAndWorst(Step):
    """Pairs the best and the worst of several scored answers, and tells how far apart they are.

    The first answer wins a tie. An answer that is None, or whose score is None or NaN, is skipped;
    if no answer remains, the output columns are None. Unlike `FormatPreference`, it keeps every
    row, ties included, and leaves the texts as they are.

    Input columns:
        - generations (List[str]): Answers.
        - scores (List[float]): Score of each answer; higher is better.

    Output columns:
        - chosen (str): Answer with the highest score.
        - rejected (str): Answer with the lowest score.
        - chosen_score (float): Highest score.
        - rejected_score (float): Lowest score.
        - tie (bool): Whether both scores are equal.
        - difference_in_score (float): Highest score minus lowest score.

    Examples:
        Pair two of three answers:

        ```python
        from distilabel.steps import PairBestAndWorst

        pair = PairBestAndWorst()
        pair.load()
        rows = next(pair.process([{"generations": ["a", "b", "c"], "scores": [1, 3, 2]}]))
        # "chosen" is "b", "rejected" is "a", "difference_in_score" is 2.0
        ```
    """

    _row_by_row: ClassVar[bool] = True

    @property
    def inputs(self) -> StepColumns:
        """`generations` and `scores`."""
        return ["generations", "scores"]

    @property
    def outputs(self) -> StepColumns:
        """Both answers, their scores, `tie` and `difference_in_score`."""
        return [
            "chosen",
            "rejected",
            "chosen_score",
            "rejected_score",
            "tie",
            "difference_in_score",
        ]

    def process(self, inputs: StepInput) -> StepOutput:
        """Adds the pair of every row.

        Args:
            inputs: Input rows.

        Yields:
            The rows with the output columns.

        Raises:
            DistilabelUserError: If a column does not contain a list, the lists differ in length,
                or an item has the wrong type.
        """
        rows = []
        for row in inputs:
            pair = best_and_worst(rated_generations(self, row, "scores"))
            if pair is None:
                rows.append({**row, **dict.fromkeys(self.outputs)})
                continue
            best, worst = pair
            rows.append(
                {
                    **row,
                    "chosen": best.text,
                    "rejected": worst.text,
                    "chosen_score": float(best.rating),
                    "rejected_score": float(worst.rating),
                    "tie": bool(best.rating == worst.rating),
                    "difference_in_score": float(best.rating - worst.rating),
                }
            )
        yield rows

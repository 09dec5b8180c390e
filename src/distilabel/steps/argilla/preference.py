"""`PreferenceToArgilla`: shows several generations to people, who rate each of them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Dict, List

from distilabel.steps.argilla.base import ArgillaBase, instruction_id
from distilabel.steps.base import StepInput
from distilabel.steps.column_checks import text_in

if TYPE_CHECKING:
    from distilabel.typing import StepOutput


class PreferenceToArgilla(ArgillaBase):
    """Writes instructions and their generations to Argilla, with a rating and a rationale for each.

    Ratings and rationales of a judge become suggestions.

    Attributes:
        num_generations: Generations that a record shows.

    Input columns:
        - instruction (`str`): Instruction of the generations.
        - generations (`List[str]`): Generations to rate.
        - ratings (`List[str]`, optional): Rating of each generation.
        - rationales (`List[str]`, optional): Reason of each rating.

    Categories:
        - save

    Examples:
        ```python
        from distilabel.steps import PreferenceToArgilla

        step = PreferenceToArgilla(num_generations=2, dataset_name="pairs")
        ```
    """

    num_generations: int

    @property
    def inputs(self) -> List[str]:
        """`instruction` and `generations`."""
        return ["instruction", "generations"]

    @property
    def optional_inputs(self) -> List[str]:
        """`ratings` and `rationales`."""
        return ["ratings", "rationales"]

    def process(self, inputs: StepInput) -> StepOutput:
        """Writes one record per row.

        Args:
            inputs: Input rows.

        Yields:
            The same rows.
        """
        rg = self._argilla()
        records = {}
        for row in inputs:
            instruction = text_in(self, row, "instruction")
            fields = {
                "id": instruction_id(instruction),
                self._column("instruction"): instruction,
            }
            texts = (row["generations"] or [])[: self.num_generations]
            fields.update(
                (f"{self._column('generations')}-{i}", text)
                for i, text in enumerate(texts)
                if text is not None
            )
            record_id = self._record_id(fields)
            records[record_id] = rg.Record(
                id=record_id, fields=fields, suggestions=self._suggestions(row)
            )
        self._log(list(records.values()))
        yield inputs

    def _field_names(self) -> List[str]:
        name = self._column("generations")
        return [
            "id",
            self._column("instruction"),
            *(f"{name}-{i}" for i in range(self.num_generations)),
        ]

    def _rating_rationale_pairs(self) -> List[Any]:
        """The questions of the dataset; a subclass can add to them."""
        rg = self._argilla()
        name = self._column("generations")
        questions: List[Any] = []
        for i in range(self.num_generations):
            questions.append(
                rg.RatingQuestion(
                    name=f"{name}-{i}-rating",
                    title=f"Rate {name}-{i}, given {self._column('instruction')}.",
                    values=[1, 2, 3, 4, 5],
                    required=i == 0,
                )
            )
            questions.append(
                rg.TextQuestion(
                    name=f"{name}-{i}-rationale",
                    title=f"Why this rating of {name}-{i}?",
                    required=False,
                )
            )
        return questions

    def _suggestions(self, row: Dict[str, Any]) -> List[Any]:
        """Suggestions of a row: only values that the server takes, as it refuses whole batches."""
        rg = self._argilla()
        name = self._column("generations")
        found = []
        count = min(self.num_generations, len(row["generations"] or []))
        for i, rating in enumerate((row.get("ratings") or [])[:count]):
            if type(rating) is int and 1 <= rating <= 5:
                found.append(rg.Suggestion(f"{name}-{i}-rating", rating))
        for i, rationale in enumerate((row.get("rationales") or [])[:count]):
            if isinstance(rationale, str) and rationale:
                found.append(rg.Suggestion(f"{name}-{i}-rationale", rationale))
        return found

    def _new_dataset(self) -> Any:
        rg = self._argilla()
        fields = [
            rg.TextField(name=name, title=name, required=i < 3)
            for i, name in enumerate(self._field_names())
        ]
        return rg.Dataset(
            name=self.dataset_name,
            workspace=self.dataset_workspace,
            settings=rg.Settings(fields=fields, questions=self._rating_rationale_pairs()),
            client=self._client,
        )

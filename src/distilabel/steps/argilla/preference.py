"""`PreferenceToArgilla`: shows several generations to people, who rate each of them."""

from __future__ import annotations

import random
from typing import TYPE_CHECKING, Annotated, Any, Dict, List

from distilabel._core.serialization import DumpIfSet
from distilabel._distiset.argilla.records import ID_FIELD, ORDER, record_id
from distilabel.steps.argilla.base import ArgillaBase, instruction_id
from distilabel.steps.base import StepInput
from distilabel.steps.column_checks import text_in

if TYPE_CHECKING:
    from distilabel.typing import StepColumns, StepOutput

_MODELS = "models"


class PreferenceToArgilla(ArgillaBase):
    """Writes instructions and their generations to Argilla, with a rating and a rationale for each.

    Ratings and rationales of a judge become suggestions.

    Attributes:
        num_generations: Generations that a record shows.
        with_suggestions: Whether ratings and rationales of a judge are shown as suggestions. People
            tend to follow them: turn them off to measure the judge.
        shuffle_generations: Whether the generations of a record are shown in a random order, which
            is the same each time that the row is logged. Annotators do not see the metadata `order`
            and `models` (from the column `generation_models`). The responses are read back in the
            order of the row.

    Input columns:
        - instruction (`str`): Instruction of the generations.
        - generations (`List[str]`): Generations to rate.
        - ratings (`List[str]`, optional): Rating of each generation.
        - rationales (`List[str]`, optional): Reason of each rating.
        - generation_models (`List[str]`, optional): Model of each generation, if
            `shuffle_generations`.
        - conversation (`List[Dict[str, str]]`, optional): Shown if `with_conversation`.
        - embedding (`List[float]`, optional): Sent if `with_vectors`.

    Categories:
        - save

    Examples:
        ```python
        from distilabel.steps import PreferenceToArgilla

        step = PreferenceToArgilla(num_generations=2, dataset_name="pairs")
        ```
    """

    num_generations: int
    with_suggestions: Annotated[bool, DumpIfSet] = True
    shuffle_generations: Annotated[bool, DumpIfSet] = False

    @property
    def inputs(self) -> StepColumns:
        """`instruction` and `generations`, and the columns of options that are on."""
        names = ["instruction", "generations"]
        optional = self._optional_inputs()
        return {**dict.fromkeys(names, True), **optional} if optional else names

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
        records: Dict[str, Any] = {}
        for row in inputs:
            instruction = text_in(self, row, "instruction")
            head = {
                ID_FIELD: instruction_id(instruction),
                self._column("instruction"): instruction,
            }
            texts = list(row["generations"] or [])[: self.num_generations]
            in_row = {**head, **self._numbered(texts)}
            more: Dict[str, Any] = {}
            order = list(range(len(texts)))
            if self.shuffle_generations:
                # The first field may not be empty.
                order = [i for i in order if texts[i] is not None]
                random.Random(record_id(in_row)).shuffle(order)
                more["shuffled"] = {**head, **self._numbered([texts[i] for i in order])}
                more["metadata"] = self._metadata(row, order)
            if self.with_suggestions:
                more["suggestions"] = self._records.valid(self._suggestions(_in_order(row, order)))
            record = self._record(row, in_row, **more)
            records[record.id] = record
        self._records.log(list(records.values()))
        yield inputs

    def _numbered(self, texts: List[Any]) -> Dict[str, Any]:
        name = self._column("generations")
        return {f"{name}-{i}": text for i, text in enumerate(texts) if text is not None}

    def _metadata(self, row: Dict[str, Any], order: List[int]) -> Dict[str, Any]:
        metadata: Dict[str, Any] = {ORDER: ",".join(map(str, order))}
        models = row.get("generation_models")
        if models:
            metadata[_MODELS] = [str(models[i]) for i in order if i < len(models)]
        return metadata

    def _field_names(self) -> List[str]:
        name = self._column("generations")
        return [
            ID_FIELD,
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

    def _required_fields(self) -> List[str]:
        return self._field_names()[:3]

    def _questions(self) -> List[Any]:
        return self._rating_rationale_pairs()

    def _metadata_properties(self) -> List[Any]:
        if not self.shuffle_generations:
            return []
        rg = self._argilla()
        return [
            rg.TermsMetadataProperty(name=name, visible_for_annotators=False)
            for name in (ORDER, _MODELS)
        ]

    def _optional_inputs(self) -> Dict[str, bool]:
        models = {"generation_models": False} if self.shuffle_generations else {}
        return {**super()._optional_inputs(), **models}

    def _suggestions(self, row: Dict[str, Any]) -> List[Any]:
        """Suggestions of a row, with the generations in the order in which they are shown."""
        rg = self._argilla()
        name = self._column("generations")
        found = []
        count = min(self.num_generations, len(row["generations"] or []))
        for i, rating in enumerate((row.get("ratings") or [])[:count]):
            # A whole number may have become a float on its way through a file.
            whole = int(rating) if isinstance(rating, float) and rating.is_integer() else rating
            if rating is not None:
                found.append(rg.Suggestion(f"{name}-{i}-rating", whole))
        for i, rationale in enumerate((row.get("rationales") or [])[:count]):
            if rationale:
                found.append(rg.Suggestion(f"{name}-{i}-rationale", rationale))
        return found


def _in_order(row: Dict[str, Any], order: List[int]) -> Dict[str, Any]:
    """Returns a row with its generations, and what belongs to each of them, in another order."""
    moved = dict(row)
    for column in ("generations", "ratings", "rationales"):
        values = row.get(column)
        if values:
            moved[column] = [values[i] if i < len(values) else None for i in order]
    return moved

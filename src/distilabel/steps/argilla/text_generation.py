"""`TextGenerationToArgilla`: shows generations to people, who call them good or bad."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Dict, List

from distilabel._distiset.argilla.records import ID_FIELD, QUALITY
from distilabel.steps.argilla.base import ArgillaBase, instruction_id
from distilabel.steps.base import StepInput
from distilabel.steps.column_checks import text_in

if TYPE_CHECKING:
    from distilabel.typing import StepColumns, StepOutput


class TextGenerationToArgilla(ArgillaBase):
    """Writes instructions and generations to Argilla, with a question about their quality.

    Input columns:
        - instruction (`str`): Instruction of the generation.
        - generation (`Union[str, List[str]]`): Generation, or several of them.
        - conversation (`List[Dict[str, str]]`, optional): Shown if `with_conversation`.
        - embedding (`List[float]`, optional): Sent if `with_vectors`.

    Categories:
        - save

    Examples:
        ```python
        from distilabel.steps import TextGenerationToArgilla

        step = TextGenerationToArgilla(dataset_name="answers", dataset_workspace="argilla")
        ```
    """

    @property
    def inputs(self) -> StepColumns:
        """`instruction` and `generation`, and the columns of options that are on."""
        names = ["instruction", "generation"]
        optional = self._optional_inputs()
        return {**dict.fromkeys(names, True), **optional} if optional else names

    def process(self, inputs: StepInput) -> StepOutput:
        """Writes one record per distinct generation of a row.

        Args:
            inputs: Input rows.

        Yields:
            The same rows.
        """
        records: Dict[str, Any] = {}
        for row in inputs:
            instruction = text_in(self, row, "instruction")
            given = row["generation"]
            texts = given if isinstance(given, list) else [given]
            for text in dict.fromkeys(text for text in texts if text is not None):
                fields = {
                    ID_FIELD: instruction_id(instruction),
                    self._column("instruction"): instruction,
                    self._column("generation"): text,
                }
                record = self._record(row, fields)
                records[record.id] = record
        self._records.log(list(records.values()))
        yield inputs

    def _field_names(self) -> List[str]:
        return [ID_FIELD, self._column("instruction"), self._column("generation")]

    def _required_fields(self) -> List[str]:
        return self._field_names()

    def _questions(self) -> List[Any]:
        return [
            self._argilla().LabelQuestion(
                name=QUALITY,
                title="How good is the generation?",
                labels={"bad": "👎", "good": "👍"},
            )
        ]

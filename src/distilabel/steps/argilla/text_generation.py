"""`TextGenerationToArgilla`: shows generations to people, who call them good or bad."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, List

from distilabel.steps.argilla.base import ArgillaBase, instruction_id
from distilabel.steps.base import StepInput
from distilabel.steps.column_checks import text_in

if TYPE_CHECKING:
    from distilabel.typing import StepOutput


class TextGenerationToArgilla(ArgillaBase):
    """Writes instructions and generations to Argilla, with a question about their quality.

    Input columns:
        - instruction (`str`): Instruction of the generation.
        - generation (`Union[str, List[str]]`): Generation, or several of them.

    Categories:
        - save

    Examples:
        ```python
        from distilabel.steps import TextGenerationToArgilla

        step = TextGenerationToArgilla(dataset_name="answers", dataset_workspace="argilla")
        ```
    """

    @property
    def inputs(self) -> List[str]:
        """`instruction` and `generation`."""
        return ["instruction", "generation"]

    def process(self, inputs: StepInput) -> StepOutput:
        """Writes one record per distinct generation of a row.

        Args:
            inputs: Input rows.

        Yields:
            The same rows.
        """
        rg = self._argilla()
        records = []
        for row in inputs:
            instruction = text_in(self, row, "instruction")
            given = row["generation"]
            texts = given if isinstance(given, list) else [given]
            for text in dict.fromkeys(text for text in texts if text is not None):
                fields = {
                    "id": instruction_id(instruction),
                    self._column("instruction"): instruction,
                    self._column("generation"): text,
                }
                records.append(rg.Record(id=self._record_id(fields), fields=fields))
        self._log(records)
        yield inputs

    def _field_names(self) -> List[str]:
        return ["id", self._column("instruction"), self._column("generation")]

    def _new_dataset(self) -> Any:
        rg = self._argilla()
        return rg.Dataset(
            name=self.dataset_name,
            workspace=self.dataset_workspace,
            settings=rg.Settings(
                fields=[rg.TextField(name=name, title=name) for name in self._field_names()],
                questions=[
                    rg.LabelQuestion(
                        name="quality",
                        title="How good is the generation?",
                        labels={"bad": "👎", "good": "👍"},
                    )
                ],
            ),
            client=self._client,
        )

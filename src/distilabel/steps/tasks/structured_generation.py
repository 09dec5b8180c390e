"""`StructuredGeneration`: answers that follow a structure given in each row."""

from __future__ import annotations

from typing import Any, Dict, Final, List, Optional

from distilabel.errors import DistilabelUserError
from distilabel.models.wire.structure import parse_structure
from distilabel.steps.column_checks import kind_of, text_in
from distilabel.steps.tasks.base import Task
from distilabel.typing import StructuredInput

# Keys of a JSON schema whose values may be null.
_VALUES: Final = frozenset({"const", "default", "enum", "examples"})


class StructuredGeneration(Task):
    """Asks a model for an answer that follows the structure in the row.

    Every row may have a structure of its own. An answer that does not follow it is asked for again,
    up to `parse_retries` times; then the row fails.

    Attributes:
        use_system_prompt: Whether to use the column `system_prompt`.

    Input columns:
        - instruction (`str`): Instruction for the model.
        - structured_output (`Dict[str, Any]`): `format` (`"json"`, `"regex"`, `"grammar"` or
            `"choice"`) and `schema`: a JSON schema, a regular expression, a grammar, or the texts
            to choose from.

    Output columns:
        - generation (`str`): Text of the model, which follows the structure.
        - model_name (`str`): Name of the model.

    Categories:
        - outlines
        - structured-generation

    Examples:
        An answer in JSON, and one of two words:

        ```python
        from distilabel.models import SimulatedLLM
        from distilabel.steps.tasks import StructuredGeneration

        task = StructuredGeneration(llm=SimulatedLLM())
        task.load()
        schema = {
            "type": "object",
            "properties": {"name": {"type": "string"}, "age": {"type": "integer"}},
            "required": ["name", "age"],
        }
        rows = next(
            task.process(
                [
                    {
                        "instruction": "Invent a pilot.",
                        "structured_output": {"format": "json", "schema": schema},
                    },
                    {
                        "instruction": "Is an owl a bird?",
                        "structured_output": {"format": "choice", "schema": ["yes", "no"]},
                    },
                ]
            )
        )
        ```
    """

    use_system_prompt: bool = False

    @property
    def inputs(self) -> List[str]:
        """`instruction` and `structured_output`, after `system_prompt` if it is used."""
        columns = ["instruction", "structured_output"]
        return ["system_prompt", *columns] if self.use_system_prompt else columns

    @property
    def outputs(self) -> List[str]:
        """`generation` and `model_name`."""
        return ["generation", "model_name"]

    def format_input(self, input: Dict[str, Any]) -> StructuredInput:
        """Makes the prompt.

        Args:
            input: Input row.

        Returns:
            The conversation and the structure.

        Raises:
            DistilabelUserError: The instruction is not a text, or the structure is invalid.
        """
        messages: List[Any] = [{"role": "user", "content": text_in(self, input, "instruction")}]
        if self.use_system_prompt:
            if input.get("system_prompt"):
                system = text_in(self, input, "system_prompt")
                messages.insert(0, {"role": "system", "content": system})
            else:
                self._logger.warning(
                    "%s: use_system_prompt is True, but a row has no system_prompt.", self.name
                )
        structure = input.get("structured_output")
        if structure is not None and not isinstance(structure, dict):
            raise DistilabelUserError(
                f"{self.name}: column 'structured_output' contains {kind_of(structure)}. It must "
                "contain a dict with 'format' and 'schema'."
            )
        if structure and structure.get("schema") == {}:
            # A schema that accepts any JSON.
            structure = {**structure, "schema": {"description": "any JSON"}}
        structure = {
            key: _without_none(value) if key == "schema" else value
            for key, value in (structure or {}).items()
            if value is not None
        }
        parse_structure(structure)
        return messages, structure or None  # type: ignore[return-value]

    def format_output(
        self, output: Optional[str], input: Optional[Dict[str, Any]] = None
    ) -> Dict[str, Any]:
        """Returns the text unchanged.

        Args:
            output: Text of the model; None if the model returned none.
            input: Row the text belongs to.

        Returns:
            The column `generation`.
        """
        return {"generation": output}


def _without_none(schema: Any) -> Any:
    """Returns a schema without the keys that are None.

    A column of different schemas that was stored as Arrow has the keys of all of them.
    """
    if isinstance(schema, list):
        return [_without_none(item) for item in schema]
    if not isinstance(schema, dict):
        return schema
    return {
        key: value if key in _VALUES else _without_none(value)
        for key, value in schema.items()
        if value is not None
    }

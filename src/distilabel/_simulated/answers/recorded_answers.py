"""Answers recorded from other models, found by instruction and model."""

from collections.abc import Mapping
from pathlib import Path

import orjson


class RecordedAnswers:
    """Recorded answers.

    Args:
        outputs: Texts by instruction, then by name of the model.
    """

    def __init__(self, outputs: Mapping[str, Mapping[str, str]]) -> None:
        self._outputs = outputs

    @classmethod
    def read(cls, path: Path) -> "RecordedAnswers":
        """Reads a JSON Lines file whose rows have `instruction` and `outputs` (model to text).

        Args:
            path: JSON Lines file, in UTF-8.

        Returns:
            The recorded answers. Rows with the same instruction are merged.

        Raises:
            OSError: The file cannot be read.
            ValueError: A row is not valid. The message names its line.
        """
        outputs: dict[str, dict[str, str]] = {}
        for number, line in enumerate(path.read_bytes().splitlines(), start=1):
            if line.strip():
                instruction, texts = _parse_row(line, f"{path}, line {number}")
                outputs.setdefault(instruction, {}).update(texts)
        return cls(outputs)

    def find(self, instruction: str, model: str) -> str | None:
        """Returns the text recorded for a model, or for its name after the last `/`."""
        outputs = self._outputs.get(instruction)
        if outputs is None:
            return None
        return outputs.get(model, outputs.get(model.rpartition("/")[2]))


def _parse_row(line: bytes, place: str) -> tuple[str, dict[str, str]]:
    expected = 'Expected {"instruction": "...", "outputs": {"model": "..."}}.'
    try:
        row = orjson.loads(line)
    except orjson.JSONDecodeError as error:
        raise ValueError(f"{place}: invalid JSON ({error}). {expected}") from None
    match row:
        case {"instruction": str(instruction), "outputs": dict(outputs)} if all(
            isinstance(text, str) for text in outputs.values()
        ):
            return instruction, outputs
    raise ValueError(f"{place}: invalid row. {expected}")

"""Answers recorded elsewhere, looked up by instruction and model; knows nothing of the wire."""

from collections.abc import Mapping
from pathlib import Path

import orjson


class RecordedAnswers:
    """The recorded answers of a JSON-lines file.

    Args:
        outputs: For each instruction, the answer of each model by its name.
    """

    def __init__(self, outputs: Mapping[str, Mapping[str, str]]) -> None:
        self._outputs = outputs

    @classmethod
    def read(cls, path: Path) -> "RecordedAnswers":
        """Reads a file whose rows have `instruction` and `outputs` (model name to text).

        Args:
            path: The JSON-lines file, in UTF-8.

        Returns:
            The recorded answers; rows with the same instruction are joined.

        Raises:
            OSError: The file cannot be read.
            ValueError: A row has another form; the message names its line.
        """
        outputs: dict[str, dict[str, str]] = {}
        for number, line in enumerate(path.read_bytes().splitlines(), start=1):
            if line.strip():
                instruction, texts = _row(line, f"{path}, line {number}")
                outputs.setdefault(instruction, {}).update(texts)
        return cls(outputs)

    def answer(self, instruction: str, model: str) -> str | None:
        """Gives the recorded text for the model, or for its name after the last `/`."""
        outputs = self._outputs.get(instruction)
        if outputs is None:
            return None
        return outputs.get(model, outputs.get(model.rpartition("/")[2]))


def _row(line: bytes, place: str) -> tuple[str, dict[str, str]]:
    form = '{"instruction": "...", "outputs": {"model": "..."}}'
    try:
        row = orjson.loads(line)
    except orjson.JSONDecodeError as error:
        raise ValueError(f"{place}: not JSON ({error}); rows look like {form}") from None
    match row:
        case {"instruction": str(instruction), "outputs": dict(outputs)} if all(
            isinstance(text, str) for text in outputs.values()
        ):
            return instruction, outputs
    raise ValueError(f"{place}: rows look like {form}")

"""Renaming columns on the way into a step and out of it. Knows one row at a time."""

from __future__ import annotations

from typing import Any


class ColumnMappings:
    """`input_mappings` and `output_mappings` of a step.

    Args:
        inputs: the step's name of a column → its name in the pipeline.
        outputs: the step's name of a column → the name given to it.
    """

    __slots__ = ("_back", "inputs", "outputs")

    def __init__(self, inputs: dict[str, str], outputs: dict[str, str]) -> None:
        self.inputs = inputs
        self.outputs = outputs
        self._back = {theirs: mine for mine, theirs in inputs.items()}

    def __bool__(self) -> bool:
        return bool(self.inputs or self.outputs)

    def to_step(self, row: dict[str, Any]) -> dict[str, Any]:
        """The row as the step names its columns."""
        if not self.inputs:
            return row
        hidden = self.inputs.keys() - self._back.keys()
        return {self._back.get(k, k): v for k, v in row.items() if k not in hidden}

    def hidden_columns(self, row: dict[str, Any]) -> dict[str, Any]:
        """The columns that a renamed one hides from the step; they come back afterwards."""
        return {k: row[k] for k in self.inputs if k in row and k not in self._back}

    def to_pipeline(self, row: dict[str, Any], aside: dict[str, Any]) -> dict[str, Any]:
        """The row as the pipeline names its columns."""
        named = {self.outputs.get(k, self.inputs.get(k, k)): v for k, v in row.items()}
        for key, value in aside.items():
            named.setdefault(key, value)
        return named

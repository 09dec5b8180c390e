"""`ColumnMappings`: renames the columns of a row on its way into a step and out of it."""

from __future__ import annotations

from typing import Any


class ColumnMappings:
    """The `input_mappings` and `output_mappings` of a step.

    Args:
        inputs: Input column of the step → its name in the pipeline.
        outputs: Output column of the step → its name in the pipeline.
    """

    __slots__ = ("_step_names", "_twice", "inputs", "outputs")

    def __init__(self, inputs: dict[str, str], outputs: dict[str, str]) -> None:
        self.inputs = inputs
        self.outputs = outputs
        self._step_names = {outer: inner for inner, outer in inputs.items()}
        # Input columns whose column in the pipeline is that of another one too.
        self._twice = [inner for inner, outer in inputs.items() if self._step_names[outer] != inner]

    def __bool__(self) -> bool:
        return bool(self.inputs or self.outputs)

    def to_step(self, row: dict[str, Any]) -> dict[str, Any]:
        """Returns a row with the column names of the step."""
        if not self.inputs:
            return row
        hidden = self.inputs.keys() - self._step_names.keys()
        named = {self._step_names.get(k, k): v for k, v in row.items() if k not in hidden}
        for name in self._twice:
            if self.inputs[name] in row:
                named[name] = row[self.inputs[name]]
        return named

    def hidden_columns(self, row: dict[str, Any]) -> dict[str, Any]:
        """Returns the columns that a renamed column hides from the step, for `to_pipeline`."""
        return {k: row[k] for k in self.inputs if k in row and k not in self._step_names}

    def to_pipeline(self, row: dict[str, Any], hidden: dict[str, Any]) -> dict[str, Any]:
        """Returns a row with the column names of the pipeline, hidden columns included.

        An output column of the step replaces an input column that gets the same name.
        """
        named = {self.outputs.get(k, self.inputs.get(k, k)): v for k, v in row.items()}
        if len(named) < len(row):
            named.update((self.outputs[k], v) for k, v in row.items() if k in self.outputs)
        for key, value in hidden.items():
            named.setdefault(key, value)
        return named

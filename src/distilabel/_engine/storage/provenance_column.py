"""Makes the column `distilabel_provenance`: per row, which step, model and answer made each column.

What is the same for all rows is added when a part is written, so it costs nothing per row.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from distilabel.constants import PROVENANCE_COLUMN

if TYPE_CHECKING:
    import pyarrow as pa

# Digits of a signature that tell apart the parameters of the steps of a pipeline.
SIGNATURE_DIGITS: Final = 12


@dataclass(frozen=True)
class StepOrigin:
    """A step that rows went through.

    Attributes:
        parameters: First digits of its signature, the digest of its parameters.
        model: Name of its model; None for a step that asks none.
    """

    parameters: str
    model: str | None


class ProvenanceColumn:
    """Adds the column to the parts of one leaf step.

    Args:
        makers: Column → the steps that may have made its values, if they are known.
        steps: Name → step, for all steps that rows may have gone through.
    """

    def __init__(self, makers: Mapping[str, list[str]], steps: Mapping[str, StepOrigin]) -> None:
        self._makers = makers
        self._steps = steps

    def add(self, table: pa.Table) -> pa.Table:
        """Returns a part with the column, which replaces what rows carried there."""
        import pyarrow as pa
        import pyarrow.compute as pc

        stamps: dict[str, pa.Array] = {}
        if PROVENANCE_COLUMN in table.column_names:
            carried = table[PROVENANCE_COLUMN].combine_chunks()
            table = table.drop_columns([PROVENANCE_COLUMN])
            if pa.types.is_struct(carried.type):
                names = [carried.type.field(i).name for i in range(carried.type.num_fields)]
                stamps = {
                    name: pc.struct_field(carried, name).cast(_asked_type())
                    for name in names
                    if name in self._steps
                }
        count = table.num_rows
        columns = {name: self._maker(name, stamps, count) for name in table.column_names}
        fields = {"columns": _struct(columns)} if columns else {}
        asking = {
            name: _struct(
                {
                    "model": pa.repeat(pa.scalar(step.model, pa.string()), count),
                    "asked": stamps.get(name, pa.nulls(count, _asked_type())),
                }
            )
            for name, step in self._steps.items()
            if step.model is not None
        }
        fields |= {"steps": _struct(asking)} if asking else {}
        return table.append_column(PROVENANCE_COLUMN, _struct(fields))

    def _maker(self, column: str, stamps: dict[str, pa.Array], count: int) -> pa.Array:
        """Returns the step that made a column of each row, as `<step>@<digest of parameters>`.

        Where rows took different branches, it is the one whose answers a row carries.
        """
        import pyarrow as pa
        import pyarrow.compute as pc

        steps = self._makers.get(column, [])
        if not steps:
            return pa.nulls(count, pa.string())
        labels = [f"{step}@{self._steps[step].parameters}" for step in steps]
        if len(steps) == 1 or not all(step in stamps for step in steps):
            return pa.repeat(pa.scalar(" or ".join(labels)), count)
        made = pa.nulls(count, pa.string())
        for step, label in zip(steps, labels, strict=True):
            made = pc.if_else(pc.is_valid(stamps[step]), pa.scalar(label), made)
        return made


def _asked_type() -> pa.DataType:
    import pyarrow as pa

    return pa.list_(pa.struct([(name, pa.string()) for name in ("model", "prompt", "answer")]))


def _struct(fields: Mapping[str, pa.Array]) -> pa.Array:
    import pyarrow as pa

    return pa.StructArray.from_arrays(list(fields.values()), names=list(fields))

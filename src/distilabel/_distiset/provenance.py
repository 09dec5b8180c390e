"""Reads the provenance of a row: the step, model, parameters, prompt and answer behind a column."""

from __future__ import annotations

from typing import Any

from distilabel.constants import PROVENANCE_COLUMN
from distilabel.errors import DistilabelUserError


def trace(row: dict[str, Any], column: str, facts: dict[str, Any]) -> dict[str, Any]:
    """Returns what made a value.

    Args:
        row: Row with the column `distilabel_provenance`.
        column: Column to explain.
        facts: Description of the run; {} if it is not known.

    Returns:
        `step` (None if it is not known), `model` (None for a step that asks none), `parameters`
        (of the step, or their digest if the run is not known) and `asked`: model, prompt digest and
        answer key of each question.

    Raises:
        DistilabelUserError: The row has no provenance, or no such column.
    """
    provenance = row.get(PROVENANCE_COLUMN)
    if not isinstance(provenance, dict) or "columns" not in provenance:
        raise DistilabelUserError(
            f"The row has no column {PROVENANCE_COLUMN!r}. Run the pipeline with provenance=True."
        )
    columns = provenance["columns"]
    if column not in columns:
        raise DistilabelUserError(
            f"The provenance has no column {column!r}. Its columns: {', '.join(columns)}."
        )
    name, _, digest = (columns[column] or "").partition("@")
    step = (provenance.get("steps") or {}).get(name) or {}
    described = facts.get("steps", {}).get(name, {})
    is_same = digest and str(described.get("signature", "")).startswith(digest)
    return {
        "step": name or None,
        "model": step.get("model"),
        "parameters": described["parameters"] if is_same else digest or None,
        "asked": step.get("asked") or [],
    }

"""Says what is wrong with the columns of a step: which it lacks, and which its mappings lose."""

from __future__ import annotations

import json
import logging
from difflib import get_close_matches

from distilabel.steps.base import _Step

_log = logging.getLogger("distilabel.pipeline")


def warn_of_lost_columns(step: _Step, available: list[str]) -> None:
    """Warns of columns that an output of the step replaces before it gets its other name."""
    for output, column in step.output_mappings.items():
        before = step.input_mappings.get(output, output)
        # Under another name in the step, it is not written over.
        is_renamed = before == output and before in step.input_mappings.values()
        if before in available and before not in step.output_mappings.values() and not is_renamed:
            _log.warning(
                "%s: the column %r of its input rows is lost: the step writes its output %r there, "
                "which then becomes %r. Give one of them another name in a step before it.",
                *(step.name, before, output, column),
            )


def missing_columns(step: _Step, missing: list[str], available: list[str]) -> str:
    """Returns what to say of a step whose rows lack columns that it needs.

    Args:
        step: The step.
        missing: Columns that no step before it outputs, as they are named in the pipeline.
        available: Columns that the steps before it output.
    """
    own_names = {column: name for name, column in step.input_mappings.items()}
    free = [c for c in available if c not in step.get_inputs()] or available
    mappings = {}
    for column in missing:
        close = get_close_matches(column, free, n=1)
        only = free[0] if len(free) == len(missing) == 1 else "..."
        mappings[own_names.get(column, column)] = close[0] if close else only
    columns = "column" if len(missing) == 1 else "columns"
    text = f"{step.name} needs the {columns} {', '.join(map(repr, missing))}; "
    if not available:
        return f"{text}no step before it outputs any column."
    return (
        f"{text}its rows have {', '.join(map(repr, available))}: use "
        f"input_mappings={json.dumps(mappings, ensure_ascii=False)}."
    )

"""Describes a run as JSON-like data: its steps, their columns, models and parameters, its report.

The dataset card and the provenance of a dataset are made from it, long after the run.
"""

from __future__ import annotations

import contextlib
from collections.abc import Mapping
from datetime import datetime
from pathlib import Path
from typing import Any

import orjson

from distilabel import __version__
from distilabel._core.dag import Dag
from distilabel._core.private_files import open_private
from distilabel._core.tagged_values import for_json
from distilabel._engine.reporting.report import Report
from distilabel._engine.run.lineage import makers_of
from distilabel.constants import RUN_FACTS_FILENAME
from distilabel.steps.base import _Step
from distilabel.steps.generators.huggingface import LoadDataFromHub
from distilabel.utils.docstring import parse_google_docstring

# Of a dump: what says nothing about the rows.
_NOT_PARAMETERS = frozenset({"name", "resources", "runtime_parameters_info", "type_info"})


def describe_run(
    name: str,
    description: str | None,
    dag: Dag,
    steps: Mapping[str, _Step],
    started: datetime,
    report: Report,
) -> dict[str, Any]:
    """Describes a run that has ended.

    Args:
        name: Name of the pipeline.
        description: Description of the pipeline.
        dag: The steps' names and connections.
        steps: The steps by name, in topological order.
        started: When the run started.
        report: Its report.
    """
    return {
        "distilabel": __version__,
        "pipeline": name,
        "description": description,
        "started": started.astimezone().isoformat(timespec="seconds"),
        "steps": {step_name: describe_step(step) for step_name, step in steps.items()},
        # Leaf step → column → the step that made it; the last one, if there are several.
        "made_by": {
            leaf: {column: made[-1] for column, made in makers_of(dag, steps, leaf).items()}
            for leaf in dag.leaves
        },
        "report": report.to_dict(),
    }


def write_facts(facts: dict[str, Any], folder: Path) -> dict[str, Any]:
    """Writes the description of a run beside its outputs.

    Args:
        facts: The description.
        folder: Directory of the outputs.

    Returns:
        The description, as it is read from the file.
    """
    text = orjson.dumps(for_json(facts), default=str, option=orjson.OPT_NON_STR_KEYS)
    with open_private(folder / RUN_FACTS_FILENAME, "wb") as file:
        file.write(text)
    written: dict[str, Any] = orjson.loads(text)
    return written


def describe_step(step: _Step) -> dict[str, Any]:
    """Describes a step.

    Args:
        step: The step.

    Returns:
        `class`, `description`, `columns` (name → description, mappings applied), `models` (name
        and class of each), `signature` and `parameters`, without secrets; `dataset` if the step
        loads one from the Hub.
    """
    facts: dict[str, Any] = {"class": type(step).__name__, "columns": {}, "parameters": {}}
    doc = parse_google_docstring(type(step))
    facts["description"] = doc.get("short_description") or ""
    described = doc.get("output_columns") or {}
    # Code of a user's step may raise anything.
    with contextlib.suppress(Exception):
        for column in step._known_outputs():
            original = {v: k for k, v in step.output_mappings.items()}.get(column, column)
            facts["columns"][column] = described.get(original, ("", ""))[1]
    facts["models"] = [
        {"name": model.model_name, "class": type(model).__name__} for model in step._all_models()
    ]
    with contextlib.suppress(Exception):
        facts["signature"] = step.signature
        dump = step.dump()
        facts["parameters"] = {k: v for k, v in dump.items() if k not in _NOT_PARAMETERS}
        _drop_information(facts["parameters"])
    # Rows that the program brings have a name too, but without an owner.
    if isinstance(step, LoadDataFromHub) and "/" in (step.repo_id or ""):
        facts["dataset"] = step.repo_id
    return facts


def _drop_information(data: Any) -> None:
    """Removes the descriptions of runtime parameters, at any depth."""
    if isinstance(data, dict):
        data.pop("runtime_parameters_info", None)
        for value in data.values():
            _drop_information(value)
    elif isinstance(data, list):
        for value in data:
            _drop_information(value)

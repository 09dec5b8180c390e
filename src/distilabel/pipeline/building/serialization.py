"""Dumps pipelines to plain data and rebuilds them from it, in the format of 1.5.3."""

from __future__ import annotations

from typing import Any, TypeVar

from pydantic import ValidationError

import distilabel
from distilabel._core.safe_load import check_size
from distilabel._core.serialization import TYPE_INFO_KEY, from_plain
from distilabel.errors import DistilabelUserError
from distilabel.pipeline.routing_batch_function import RoutingBatchFunction
from distilabel.steps.base import _Step

# A pipeline. Unbound: the pipeline classes import this module.
_P = TypeVar("_P")


def dump(pipeline: Any) -> dict[str, Any]:
    """Returns a pipeline as plain data."""
    return {
        "distilabel": {"version": distilabel.__version__},
        "pipeline": {
            "name": pipeline.name,
            "description": pipeline.description,
            "steps": [
                {"step": step.dump(), "name": name} for name, step in pipeline._steps.items()
            ],
            "connections": [
                {"from": name, "to": pipeline.dag.successors(name)} for name in pipeline.dag.nodes
            ],
            "routing_batch_functions": [f.dump() for f in pipeline._routing.values()],
            # 1.5.3 did not have it: it is dumped only if it differs from the default.
            **({"on_error": pipeline.on_error} if pipeline.on_error != "null" else {}),
            TYPE_INFO_KEY: {"module": "distilabel.pipeline.local", "name": "Pipeline"},
        },
        "requirements": pipeline.requirements,
    }


def load(cls: type[_P], data: dict[str, Any], allow: tuple[str, ...]) -> _P:
    """Rebuilds a pipeline from its dump.

    Args:
        cls: Class of the pipeline to create.
        data: Result of `dump`.
        allow: Packages, besides `distilabel`, whose classes may be imported.

    Raises:
        DistilabelUserError: The data is not a pipeline, or a class may not be imported.
    """
    check_size(data)
    given: Any = data
    spec = given.get("pipeline") if isinstance(given, dict) else None
    if not isinstance(spec, dict) or not isinstance(spec.get("steps"), list):
        raise DistilabelUserError(
            "This is not a pipeline: the file has no `pipeline` with a list of `steps`. "
            "Use a file written by pipeline.save(...)."
        )
    maker: Any = cls
    with maker(
        name=spec.get("name"),
        description=spec.get("description"),
        requirements=data.get("requirements"),
        on_error=spec.get("on_error", "null"),
    ) as pipeline:
        for entry in _entries(spec, "steps", "step"):
            _add(entry, allow)
        routing = {
            entry["step"]: RoutingBatchFunction.from_dict(entry, allow)
            for entry in _entries(spec, "routing_batch_functions", "step")
        }
        for connection in _entries(spec, "connections", "from", "to"):
            for end in connection["to"]:
                pipeline._add_edge(connection["from"], end)
            if connection["from"] in routing:
                pipeline._add_routing(connection["from"], routing[connection["from"]])
    return pipeline  # type: ignore[no-any-return]


def _entries(spec: dict[str, Any], what: str, *keys: str) -> list[dict[str, Any]]:
    """Returns the entries of a list in a dump, each a dict with at least `keys`."""
    entries = spec.get(what) or []
    if not isinstance(entries, list):
        raise DistilabelUserError(
            f"`{what}` of the pipeline must be a list, got {type(entries).__name__}."
        )
    for i, entry in enumerate(entries):
        if not isinstance(entry, dict) or not all(key in entry for key in keys):
            raise DistilabelUserError(
                f"Entry {i} of `{what}` must be a mapping with {' and '.join(map(repr, keys))}."
            )
    return entries


def _add(entry: dict[str, Any], allow: tuple[str, ...]) -> None:
    name = entry.get("name")
    try:
        step = from_plain(entry["step"], allow)
    except ValidationError as error:
        raise DistilabelUserError(f"The step {name!r} cannot be created: {error}") from error
    if not isinstance(step, _Step):
        raise DistilabelUserError(f"{name!r} is not a step (got {type(step).__name__}).")

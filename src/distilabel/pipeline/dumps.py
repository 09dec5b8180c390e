"""Pipelines as plain data, in the format of 1.5.3."""

from __future__ import annotations

from typing import Any, TypeVar

import distilabel
from distilabel._core.spec import TYPE_INFO_KEY, from_plain
from distilabel.errors import DistilabelUserError
from distilabel.pipeline.routing_batch_function import RoutingBatchFunction
from distilabel.steps.base import _Step

# A pipeline; named no further, because pipelines are dumped by this file.
_P = TypeVar("_P")


def dump(pipeline: Any) -> dict[str, Any]:
    """A pipeline as plain data."""
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
            # 1.5.3 knew no such thing: it is there only where it says something.
            **({"on_error": pipeline.on_error} if pipeline.on_error != "null" else {}),
            TYPE_INFO_KEY: {"module": "distilabel.pipeline.local", "name": "Pipeline"},
        },
        "requirements": pipeline.requirements,
    }


def load(cls: type[_P], data: dict[str, Any], allow: tuple[str, ...]) -> _P:
    """Rebuilds a pipeline.

    Args:
        cls: class of the pipeline to make.
        data: what `dump` gave.
        allow: packages, besides `distilabel`, whose classes may be imported.

    Raises:
        DistilabelUserError: the data are no pipeline, or a class may not be imported.
    """
    if "steps" not in (data.get("pipeline") or {}):
        raise DistilabelUserError(
            "This is no pipeline: the file has no `pipeline` with `steps`. "
            "Pipelines are written by pipeline.save(...)."
        )
    spec = data["pipeline"]
    maker: Any = cls
    with maker(
        name=spec.get("name"),
        description=spec.get("description"),
        requirements=data.get("requirements"),
        on_error=spec.get("on_error", "null"),
    ) as pipeline:
        for entry in spec["steps"]:
            step = from_plain(entry["step"], allow)
            if not isinstance(step, _Step):
                raise DistilabelUserError(f"{entry.get('name')!r} is no step.")
        routing = {
            entry["step"]: RoutingBatchFunction.from_dict(entry, allow)
            for entry in spec.get("routing_batch_functions") or []
        }
        for connection in spec.get("connections") or []:
            for end in connection["to"]:
                pipeline._add_edge(connection["from"], end)
            if connection["from"] in routing:
                pipeline._add_routing(connection["from"], routing[connection["from"]])
    return pipeline  # type: ignore[no-any-return]

"""`StepInput`: the annotation of the parameter of `process` that receives rows."""

from __future__ import annotations

import inspect
import typing
from typing import Annotated, Any, Callable, Dict, Final, List

_MARK: Final = "distilabel_step_input"
StepInput = Annotated[List[Dict[str, Any]], _MARK]


def is_step_input(annotation: Any) -> bool:
    """Returns True if an annotation is `StepInput`."""
    return _MARK in getattr(annotation, "__metadata__", ())


def annotated_parameters(method: Callable[..., Any]) -> list[inspect.Parameter]:
    """Returns the parameters of a bound method, with resolved annotations where possible.

    Args:
        method: Bound method, such as `step.process`.
    """
    try:
        hints = typing.get_type_hints(method, include_extras=True)
    except (NameError, TypeError):  # an annotation that exists only for type checkers
        hints = {}
    return [
        p.replace(annotation=_resolve(hints.get(p.name, p.annotation)))
        for p in inspect.signature(method).parameters.values()
    ]


def _resolve(annotation: Any) -> Any:
    """Resolves the text `StepInput`, as left by `from __future__ import annotations`."""
    if isinstance(annotation, str) and annotation.rpartition(".")[2].strip("'\"") == "StepInput":
        return StepInput
    return annotation

"""Where `>>` and `with Pipeline()` meet: the pipeline whose block is open.

Knows of a pipeline only that steps can be added to it and connected.
"""

from __future__ import annotations

from contextvars import ContextVar
from typing import Any, Protocol


class Holder(Protocol):
    """What a step asks of the pipeline it belongs to."""

    def _add_step(self, step: Any) -> None: ...

    def _add_edge(self, start: str, end: str) -> None: ...

    def _add_routing(self, start: str, function: Any) -> None: ...

    def _free_name(self, base: str) -> str: ...


# A context variable, so that two threads building pipelines do not see each other's.
_current: ContextVar[Holder | None] = ContextVar("distilabel_pipeline", default=None)


def current_pipeline() -> Holder | None:
    """The pipeline whose `with` block is open here, if any."""
    return _current.get()


def set_current_pipeline(pipeline: Holder | None) -> None:
    """Opens or, with None, closes the block of a pipeline."""
    _current.set(pipeline)

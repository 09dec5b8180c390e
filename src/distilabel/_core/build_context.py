"""Where `>>` and `with Pipeline()` meet: the pipeline whose block is open.

Knows of a pipeline only that steps can be added to it and connected.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any, Protocol


class StepHolder(Protocol):
    """What a step asks of the pipeline it belongs to."""

    def _add_step(self, step: Any) -> None: ...

    def _add_edge(self, start: str, end: str) -> None: ...

    def _add_routing(self, start: str, function: Any) -> None: ...

    def _free_name(self, base: str) -> str: ...


# All open blocks, the innermost last; not kept in the pipelines, one of which may be opened twice.
# A context variable, so that two threads building pipelines do not see each other's.
_open: ContextVar[tuple[StepHolder, ...]] = ContextVar("distilabel_pipelines", default=())


def current_pipeline() -> StepHolder | None:
    """The pipeline whose `with` block is open here, if any."""
    return _open.get()[-1] if _open.get() else None


def open_block(pipeline: StepHolder) -> None:
    """Opens the block of a pipeline."""
    _open.set((*_open.get(), pipeline))


def close_block(pipeline: StepHolder) -> None:
    """Closes the innermost block of a pipeline; those inside it, left open, are closed too."""
    blocks = _open.get()
    for i in reversed(range(len(blocks))):
        if blocks[i] is pipeline:
            _open.set(blocks[:i])
            return


@contextmanager
def outside_blocks() -> Iterator[None]:
    """For what is made beside all open blocks."""
    token = _open.set(())
    try:
        yield
    finally:
        _open.reset(token)

"""The pipelines whose `with` blocks are open, so that new steps and `>>` find theirs.

Knows nothing of pipelines but `StepHolder`.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any, Protocol


class StepHolder(Protocol):
    """The members of a pipeline that its steps use."""

    def _add_step(self, step: Any) -> None: ...

    def _discard_step(self, step: Any) -> None: ...

    def _add_edge(self, start: str, end: str) -> None: ...

    def _add_routing(self, start: str, function: Any) -> Any: ...

    def _free_name(self, base: str) -> str: ...


# All open blocks, the innermost last. Not in the pipelines: the same one may be opened twice. A
# context variable, because two threads may build pipelines at the same time.
_open: ContextVar[tuple[StepHolder, ...]] = ContextVar("distilabel_pipelines", default=())

_on_purpose: ContextVar[bool] = ContextVar("distilabel_outside", default=False)


def current_pipeline() -> StepHolder | None:
    """Returns the pipeline whose `with` block is the innermost open one; None outside of all."""
    return _open.get()[-1] if _open.get() else None


def open_block(pipeline: StepHolder) -> None:
    """Opens the block of a pipeline.

    Args:
        pipeline: The pipeline.
    """
    _open.set((*_open.get(), pipeline))


def close_block(pipeline: StepHolder) -> None:
    """Closes the innermost block of a pipeline, and blocks that were left open inside it.

    Args:
        pipeline: The pipeline; one without an open block is ignored.
    """
    blocks = _open.get()
    for i in reversed(range(len(blocks))):
        if blocks[i] is pipeline:
            _open.set(blocks[:i])
            return


def is_outside_on_purpose() -> bool:
    """Whether steps created now are meant to belong to no pipeline."""
    return _on_purpose.get()


@contextmanager
def outside_blocks() -> Iterator[None]:
    """Hides all open blocks: steps created meanwhile belong to no pipeline, on purpose."""
    token, purpose = _open.set(()), _on_purpose.set(True)
    try:
        yield
    finally:
        _open.reset(token)
        _on_purpose.reset(purpose)

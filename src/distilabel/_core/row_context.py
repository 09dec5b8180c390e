"""Which row is at work: for those who listen to questions, and for tasks that draw lots."""

from __future__ import annotations

from contextvars import ContextVar

# Its key, that of a source row first; None where rows ask together, or outside a run.
row_at_work: ContextVar[tuple[int, ...] | None] = ContextVar("distilabel_row_at_work", default=None)

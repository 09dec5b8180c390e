"""Which source row asks: for those who listen to questions and answers, which name no row."""

from __future__ import annotations

from contextvars import ContextVar

# Its ordinal; None where rows ask together.
row_at_work: ContextVar[int | None] = ContextVar("distilabel_row_at_work", default=None)

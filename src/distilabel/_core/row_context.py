"""The row that the running code works on: read by tasks that draw at random and by the pilot.

A context variable and not a field of every event: a task needs it outside of events too, and then
only who reads it pays for it.
"""

from __future__ import annotations

from contextvars import ContextVar

# Key of the row, its source row first; None outside a run, and for steps that process batches.
current_row: ContextVar[tuple[int, ...] | None] = ContextVar("distilabel_current_row", default=None)

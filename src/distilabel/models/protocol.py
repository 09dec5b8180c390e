"""The signal that a question is not asked, or its answer not waited for, in this run."""

from __future__ import annotations


class RunStopped(BaseException):
    """The question is not asked, or not waited for: its row is left for the next run."""

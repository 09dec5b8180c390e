"""Exceptions of 1.5.3 for generations that are not finished yet."""

from __future__ import annotations


class DistilabelException(Exception):
    """Base of the exceptions below."""


class DistilabelGenerationException(DistilabelException):
    """Base of the exceptions for a generation that is not finished."""


class DistilabelOfflineBatchGenerationNotFinishedException(DistilabelGenerationException):
    """Raised when the jobs of an offline batch are not finished.

    Args:
        jobs_ids: The provider's ids of the jobs.
    """

    def __init__(self, jobs_ids: tuple[str, ...]) -> None:
        super().__init__(
            f"The batch jobs {', '.join(jobs_ids)} are not finished yet. Run again later to "
            "collect their answers."
        )
        self.jobs_ids = jobs_ids

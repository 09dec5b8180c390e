"""Exceptions that are no mistakes: states of a generation that a caller may wait for."""

from __future__ import annotations


class DistilabelException(Exception):
    """Base of the exceptions below."""


class DistilabelGenerationException(DistilabelException):
    """A generation could not be finished."""


class DistilabelOfflineBatchGenerationNotFinishedException(DistilabelGenerationException):
    """The jobs of an offline batch are still being worked on.

    Args:
        jobs_ids: identifiers of the jobs, as the provider gave them.
    """

    def __init__(self, jobs_ids: tuple[str, ...]) -> None:
        super().__init__(
            f"The batch jobs {', '.join(jobs_ids)} are not finished yet; run again later to "
            "collect their answers."
        )
        self.jobs_ids = jobs_ids

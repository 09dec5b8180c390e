"""The batch jobs of one simulated protocol: found by name, told of, cancelled, listed in pages."""

from __future__ import annotations

from abc import ABC, abstractmethod

from distilabel._simulated.server.batch_jobs.job import Job, Refusal


class JobList(ABC):
    """Jobs by their names, in the order in which they were made."""

    def __init__(self) -> None:
        self._jobs: dict[str, Job] = {}

    @abstractmethod
    def _described(self, name: str) -> dict[str, object]:
        """A job as the protocol tells of it."""

    def retrieve(self, name: str) -> object:
        """`GET .../batches/{id}`."""
        self._job(name)
        return self._described(name)

    def cancel(self, name: str) -> object:
        """`POST .../batches/{id}/cancel`."""
        self._job(name).cancel()
        return self._described(name)

    def listed(self, after: str | None, limit: int) -> dict[str, object]:
        """`GET .../batches`, the latest first."""
        names = list(reversed(self._jobs))
        if after is not None:
            names = names[names.index(after) + 1 :] if after in names else []
        page = names[:limit]
        return {
            "data": [self._described(name) for name in page],
            "first_id": page[0] if page else None,
            "last_id": page[-1] if page else None,
            "has_more": len(names) > limit,
        }

    def _job(self, name: str) -> Job:
        if name not in self._jobs:
            raise Refusal(404, f"no such batch: {name}")
        return self._jobs[name]

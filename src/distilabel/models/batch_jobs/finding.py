"""Finding a job that a run had meant to submit when it was killed."""

from __future__ import annotations

import asyncio
import time
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from distilabel.models.batch_jobs.apis.base import BatchAPI, FoundJob
    from distilabel.models.batch_jobs.job_store import JobRecord

# A request may arrive although whoever sent it was killed: so long nothing is sure.
YOUNG_SECONDS: Final = 3.0


async def found_job(desk: BatchAPI, record: JobRecord) -> FoundJob | None:
    """A job that may have been submitted.

    Args:
        desk: where it would have been submitted.
        record: what was kept of it before.

    Raises:
        EndpointError: it cannot be looked for.
    """
    found = await desk.find(record.label, record.count, record.created)
    left = YOUNG_SECONDS - (time.time() - record.created)
    if found is None and left > 0:
        await asyncio.sleep(left)
        found = await desk.find(record.label, record.count, record.created)
    return found

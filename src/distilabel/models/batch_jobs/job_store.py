"""`JobStore`: records which job each request is in, so that jobs outlive the run that submits them.

Records are stored beside the answers. Each request refers to its job, and the record of a job is
written before the job is submitted: whenever a run is killed, the next one finds the job.
"""

from __future__ import annotations

import asyncio
import contextlib
import hashlib
import time
from collections.abc import Iterable
from dataclasses import asdict, dataclass, field
from typing import TYPE_CHECKING, Final, NamedTuple, Protocol

import orjson

from distilabel.models.outputs import read_output

if TYPE_CHECKING:
    from distilabel.typing import GenerateOutput

# Providers raise their limits: a job size that was rejected is tried again after a day.
_LIMIT_SECONDS: Final = 86_400.0
# Values that are written at a time: each has a coroutine that waits for it.
_WRITE_BATCH: Final = 2000


class RecordStore(Protocol):
    """Key-value store that also holds the answers."""

    def get(self, key: bytes) -> bytes | None:
        """Returns the value stored under a key, if any."""
        ...

    async def put(self, key: bytes, value: bytes) -> None:
        """Stores a value; returns once it is durable."""
        ...


@dataclass(slots=True)
class JobRecord:
    """Stored record of a job.

    Attributes:
        label: Our own name of the job.
        endpoint: Address it is submitted to.
        model: Name of the model.
        path: Path its requests would be posted to.
        count: Number of its requests.
        job: Identifier of the job at the provider; empty until it is known.
        ended: Whether the job has ended and all its responses are stored.
        created: Time it was to be submitted, in seconds since 1970.
    """

    label: str
    endpoint: str
    model: str
    path: str
    count: int
    job: str = ""
    ended: bool = False
    created: float = field(default_factory=time.time)


class JobReference(NamedTuple):
    """Stored reference from a request to its job.

    Attributes:
        label: Label of the job.
        tries: Number of jobs the request has been in, with this one.
    """

    label: str
    tries: int


class JobStore:
    """Records of jobs, references to them, and answers.

    Args:
        store: Store of the answers.
    """

    def __init__(self, store: RecordStore) -> None:
        self._store = store

    def answer(self, key: bytes) -> GenerateOutput | None:
        """Returns the answer stored under a key, if any."""
        value = self._store.get(key)
        return read_output(value) if value is not None else None

    def reference(self, key: bytes) -> JobReference | None:
        """Returns the reference of the request with this key, if it has been in a job."""
        value = self._store.get(_record_key("of", key))
        with contextlib.suppress(ValueError, TypeError):  # a damaged value
            return JobReference(*orjson.loads(value)) if value is not None else None
        return None

    def record(self, label: str) -> JobRecord | None:
        """Returns the record of a job, if any."""
        value = self._store.get(_record_key("job", label.encode()))
        with contextlib.suppress(ValueError, TypeError):  # a damaged value
            return JobRecord(**orjson.loads(value)) if value is not None else None
        return None

    async def save_record(self, record: JobRecord) -> None:
        """Stores the record of a job."""
        key = _record_key("job", record.label.encode())
        await self._store.put(key, orjson.dumps(asdict(record)))

    async def save_references(self, label: str, tries: dict[bytes, int]) -> None:
        """Stores references from requests to their job.

        Args:
            label: Label of the job.
            tries: Number of jobs each request has been in, with this one, by key.
        """
        await self._put(
            (_record_key("of", key), orjson.dumps([label, count])) for key, count in tries.items()
        )

    def size_limit(self, endpoint: str, model: str) -> int | None:
        """Returns the most requests a job may have, if the provider lately rejected a larger job.

        Args:
            endpoint: Address of the endpoint.
            model: Name of the model.
        """
        value = self._store.get(_record_key("most", f"{endpoint} {model}".encode()))
        if value is None:
            return None
        most, when = orjson.loads(value)
        return int(most) if time.time() - when < _LIMIT_SECONDS else None

    async def save_size_limit(self, endpoint: str, model: str, most: int) -> None:
        """Stores the most requests a job may have.

        Args:
            endpoint: Address of the endpoint.
            model: Name of the model.
            most: Number of requests.
        """
        key = _record_key("most", f"{endpoint} {model}".encode())
        await self._store.put(key, orjson.dumps([most, time.time()]))

    async def save_answers(self, answers: dict[bytes, GenerateOutput]) -> None:
        """Stores answers by key."""
        await self._put((key, orjson.dumps(output)) for key, output in answers.items())

    async def _put(self, items: Iterable[tuple[bytes, bytes]]) -> None:
        writes = []
        for key, value in items:
            writes.append(self._store.put(key, value))
            if len(writes) == _WRITE_BATCH:
                await asyncio.gather(*writes)
                writes = []
        await asyncio.gather(*writes)


def _record_key(kind: str, of: bytes) -> bytes:
    # The keys of answers are digests as well: the kind keeps records apart from them.
    person = f"offline {kind}".encode()
    return hashlib.blake2b(of, digest_size=16, person=person).digest()

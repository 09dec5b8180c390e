"""The ledger: which job a question is in, kept beside the answers, so that a job outlives its run.

Every question points to the job it is in, and the job has a record. The record is safe before the
job is submitted: whatever moment a run is killed at, the next one finds the job.
"""

from __future__ import annotations

import asyncio
import hashlib
import time
from collections.abc import Iterable
from dataclasses import asdict, dataclass, field
from typing import TYPE_CHECKING, Final, NamedTuple, Protocol

import orjson

if TYPE_CHECKING:
    from distilabel.typing import GenerateOutput

# Limits rise: what was too much is tried again after a day.
_SECONDS_OF_A_LIMIT: Final = 86_400.0
# So many values are handed over together: each has somebody who waits for it.
_TOGETHER: Final = 2000


class RecordStore(Protocol):
    """Where answers are kept."""

    def get(self, key: bytes) -> bytes | None:
        """The value kept under `key`, if any."""
        ...

    async def put(self, key: bytes, value: bytes) -> None:
        """Keeps a value; returns when it is safe."""
        ...


@dataclass(slots=True)
class JobRecord:
    """What is kept of a job.

    Attributes:
        label: our name of it.
        endpoint: address it is submitted to.
        model: who is asked.
        path: where its questions would be posted.
        count: its questions.
        job: the provider's name of it; empty until it is known.
        ended: whether all that came of it is kept.
        created: when it was to be submitted, in seconds since 1970.
    """

    label: str
    endpoint: str
    model: str
    path: str
    count: int
    job: str = ""
    ended: bool = False
    created: float = field(default_factory=time.time)


class Pointer(NamedTuple):
    """Where a question is.

    Attributes:
        label: of the job.
        tries: how many jobs it has been in.
    """

    label: str
    tries: int


class JobStore:
    """Jobs and what is in them.

    Args:
        keeper: where answers are kept.
    """

    def __init__(self, keeper: RecordStore) -> None:
        self._keeper = keeper

    def answer(self, key: bytes) -> GenerateOutput | None:
        """The answer kept under `key`, if any."""
        value = self._keeper.get(key)
        output: GenerateOutput | None = orjson.loads(value) if value is not None else None
        return output

    def pointer(self, key: bytes) -> Pointer | None:
        """Where the question with this key is, if it was in a job."""
        value = self._keeper.get(_name("of", key))
        return Pointer(*orjson.loads(value)) if value is not None else None

    def record(self, label: str) -> JobRecord | None:
        """What is kept of a job."""
        value = self._keeper.get(_name("job", label.encode()))
        return JobRecord(**orjson.loads(value)) if value is not None else None

    async def note(self, record: JobRecord) -> None:
        """Keeps what is known of a job."""
        name = _name("job", record.label.encode())
        await self._keeper.put(name, orjson.dumps(asdict(record)))

    async def point(self, label: str, tries: dict[bytes, int]) -> None:
        """Keeps where questions are.

        Args:
            label: of their job.
            tries: key → how many jobs the question has been in, with this one.
        """
        await self._put(
            (_name("of", key), orjson.dumps([label, count])) for key, count in tries.items()
        )

    def most(self, endpoint: str, model: str) -> int | None:
        """Questions of a job that the provider took beside others, if it lately took no more."""
        value = self._keeper.get(_name("most", f"{endpoint} {model}".encode()))
        if value is None:
            return None
        most, when = orjson.loads(value)
        return int(most) if time.time() - when < _SECONDS_OF_A_LIMIT else None

    async def note_most(self, endpoint: str, model: str, most: int) -> None:
        """Keeps how many questions of a job the provider may take."""
        name = _name("most", f"{endpoint} {model}".encode())
        await self._keeper.put(name, orjson.dumps([most, time.time()]))

    async def keep(self, answers: dict[bytes, GenerateOutput]) -> None:
        """Keeps answers."""
        await self._put((key, orjson.dumps(output)) for key, output in answers.items())

    async def _put(self, items: Iterable[tuple[bytes, bytes]]) -> None:
        waiting = []
        for key, value in items:
            waiting.append(self._keeper.put(key, value))
            if len(waiting) == _TOGETHER:
                await asyncio.gather(*waiting)
                waiting = []
        await asyncio.gather(*waiting)


def _name(kind: str, of: bytes) -> bytes:
    # Answers are kept under digests too: the kind keeps them apart.
    person = f"offline {kind}".encode()
    return hashlib.blake2b(of, digest_size=16, person=person).digest()

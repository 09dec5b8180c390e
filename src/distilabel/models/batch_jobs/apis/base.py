"""The desk: where jobs of one provider are submitted, looked after and collected.

A provider brings its addresses and formats; how often something is tried is the same for all.
"""

from __future__ import annotations

import asyncio
import random
from abc import ABC, abstractmethod
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, ClassVar, Final, NamedTuple

import orjson

from distilabel.errors import AnswerError, EndpointError, ModelError
from distilabel.models.http import transport
from distilabel.models.wire import errors

if TYPE_CHECKING:
    from distilabel.typing import GenerateOutput

TRIES: Final = 8
FIRST_WAIT: Final = 0.5
LONGEST_WAIT: Final = 30.0
# Files of jobs are large.
_SECONDS: Final = 900.0


class BatchRequest(NamedTuple):
    """A question as it would be posted for itself alone.

    Attributes:
        path: where to, below the address of the endpoint.
        body: JSON.
        form: letters that tell how its answer is read, for the provider's own use.
    """

    path: str
    body: bytes
    form: str = ""


class JobStatus(NamedTuple):
    """How a job stands.

    Attributes:
        status: in the provider's word.
        ended: whether nothing more comes of it.
        done: questions that are done.
        message: what the provider says is wrong with the job; empty if nothing is.
        results: where the provider keeps what came of it.
        is_too_much: whether it was not taken because of its size, beside what is at work.
    """

    status: str
    ended: bool
    done: int = 0
    message: str = ""
    results: tuple[str, ...] = ()
    is_too_much: bool = False


class FoundJob(NamedTuple):
    """A job that may be the one that is looked for.

    Attributes:
        job: the provider's name of it.
        is_sure: whether it is.
    """

    job: str
    is_sure: bool


class BatchAPI(ABC):
    """Jobs at one endpoint.

    Args:
        endpoint: its address, without a password.
        headers: of every request, with the key.

    Attributes:
        most_questions: of one job.
        most_bytes: of one job.
        price_share: what an answer costs there, as a share of its usual price.
    """

    most_questions: ClassVar[int]
    most_bytes: ClassVar[int]
    price_share: ClassVar[float]

    def __init__(self, endpoint: str, headers: Mapping[str, str]) -> None:
        self.endpoint = endpoint
        self._headers = headers

    @abstractmethod
    def line(self, name: str, request: BatchRequest) -> bytes:
        """A question as it stands in a job.

        Args:
            name: at most 64 letters, digits and underscores; the answer comes back under it.
            request: the question.
        """

    @abstractmethod
    async def submit(
        self, label: str, path: str, lines: Sequence[bytes], about: Mapping[str, str]
    ) -> str:
        """Submits a job, once, even if the reply is lost.

        Args:
            label: what to find the job by.
            path: where the questions would be posted.
            lines: the questions.
            about: kept beside the job, for people, where the provider does that.

        Returns:
            The provider's name of the job.

        Raises:
            EndpointError: it cannot be submitted.
        """

    @abstractmethod
    async def find(self, label: str, count: int, since: float) -> FoundJob | None:
        """Finds a job of which only is known that it was to be submitted.

        Args:
            label: given to `submit`.
            count: its questions.
            since: when it was to be submitted, in seconds since 1970.

        Returns:
            The job; None if it was not submitted.

        Raises:
            EndpointError: it cannot be looked for.
        """

    @abstractmethod
    async def look(self, job: str) -> JobStatus:
        """How a job stands.

        Raises:
            EndpointError: it cannot be looked at; with status 404 if there is no such job.
        """

    @abstractmethod
    def results(self, look: JobStatus) -> AsyncIterator[tuple[str, GenerateOutput | AnswerError]]:
        """What came of a job that has ended, in no order: the name of a question, and its answer.

        Raises:
            EndpointError: it cannot be collected.
        """

    async def _sent(
        self,
        method: str,
        path: str,
        body: bytes | None = None,
        *,
        content_type: str = "application/json",
        unless: Callable[[], Awaitable[bytes | None]] | None = None,
    ) -> bytes:
        """Sends a request until it is taken.

        Args:
            method: `"GET"` or `"POST"`.
            path: below the address of the endpoint, or a whole address.
            body: what to send.
            content_type: of the body.
            unless: asked before a request is sent again; what it gives is the reply then.

        Raises:
            EndpointError: it is refused, or nobody answers.
        """
        url = path if "://" in path else f"{self.endpoint}/{path}"
        headers = {**self._headers, "Content-Type": content_type}
        for attempt in range(TRIES):
            error: ModelError
            try:
                reply = await transport.send(
                    method, url, body=body, headers=headers, timeout=_SECONDS
                )
                if 200 <= reply.status < 300:
                    return reply.body
                error = errors.error_from_response(reply.status, reply.headers, reply.body, url=url)
            except AnswerError as lost:
                error = lost
            if not isinstance(error, AnswerError) or not error.retryable or attempt == TRIES - 1:
                break
            pause = min(LONGEST_WAIT, FIRST_WAIT * 2**attempt) * random.uniform(0.5, 1.0)
            await asyncio.sleep(max(pause, min(error.retry_after or 0.0, 10 * LONGEST_WAIT)))
            known = await unless() if unless is not None else None
            if known is not None:
                return known
        if isinstance(error, EndpointError):
            raise error
        raise EndpointError(
            f"{error}. What is asked in batch jobs waits there: run again to go on.",
            status=error.status,
        )


def data_of(body: bytes) -> dict[str, Any]:
    """What an endpoint says of a job.

    Args:
        body: of a reply, or a line of a file.

    Raises:
        EndpointError: it is no JSON object.
    """
    try:
        data = orjson.loads(body)
    except orjson.JSONDecodeError:
        data = None
    if not isinstance(data, dict):
        raise EndpointError(
            f"what the endpoint says of a batch job is no JSON: {errors.shown(body)[:200]}"
        )
    return data

"""`BatchAPI`: submits, finds, checks and collects the batch jobs of one provider.

A provider's class has the addresses and formats; retries are the same for all of them.
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
# Uploading or downloading the file of a large job takes minutes.
_TIMEOUT_SECONDS: Final = 900.0
# The results of a job with 100,000 requests are one file.
_MAX_FILE_BYTES: Final = 2**31


class BatchRequest(NamedTuple):
    """One request, as it would be posted on its own.

    Attributes:
        path: Path to post it to, below the address of the endpoint.
        body: JSON body.
        form: Letters for the provider's own use that tell how the response is parsed.
    """

    path: str
    body: bytes
    form: str = ""


class JobStatus(NamedTuple):
    """Status of a job.

    Attributes:
        status: Status in the provider's word.
        ended: Whether the job has ended, and its results can be collected.
        done: Number of requests that are done.
        message: Error message of the provider about the whole job; empty if there is none.
        results: Files or paths with the results.
        exceeds_limit: Whether the job was rejected because too many requests or tokens are queued.
    """

    status: str
    ended: bool
    done: int = 0
    message: str = ""
    results: tuple[str, ...] = ()
    exceeds_limit: bool = False


class FoundJob(NamedTuple):
    """A job that was found by its label.

    Attributes:
        job: Identifier of the job at the provider.
        is_sure: True if it is certainly the job, False if it is only the likeliest one.
    """

    job: str
    is_sure: bool


class BatchAPI(ABC):
    """Batch jobs at one endpoint.

    Args:
        endpoint: Address of the endpoint, without a password.
        headers: Headers of every request, with the key.

    Attributes:
        max_requests: Most requests in a job.
        max_bytes: Largest size of a job, in bytes.
        price_share: Price of a response in a job, as a share of its usual price.
    """

    max_requests: ClassVar[int]
    max_bytes: ClassVar[int]
    price_share: ClassVar[float]

    def __init__(self, endpoint: str, headers: Mapping[str, str]) -> None:
        self.endpoint = endpoint
        self._headers = headers

    @abstractmethod
    def encode(self, name: str, request: BatchRequest) -> bytes:
        """Returns a request as it stands in a job.

        Args:
            name: Name of the request, at most 64 letters, digits and underscores. Its response
                comes back under this name.
            request: The request.
        """

    @abstractmethod
    async def submit(
        self, label: str, path: str, lines: Sequence[bytes], metadata: Mapping[str, str]
    ) -> str:
        """Submits a job exactly once, even if the reply is lost.

        Args:
            label: Label that the job can be found by.
            path: Path that the requests would be posted to.
            lines: Requests, from `encode`.
            metadata: Texts stored with the job, for people, if the provider supports that.

        Returns:
            Identifier of the job at the provider.

        Raises:
            EndpointError: The job cannot be submitted.
        """

    @abstractmethod
    async def find(self, label: str, count: int, since: float) -> FoundJob | None:
        """Finds a job that may or may not have been submitted.

        Args:
            label: Label that was given to `submit`.
            count: Number of its requests.
            since: Time it was to be submitted, in seconds since 1970.

        Returns:
            The job; None if it was not submitted.

        Raises:
            EndpointError: The jobs cannot be listed.
        """

    @abstractmethod
    async def retrieve(self, job: str) -> JobStatus:
        """Returns the status of a job.

        Args:
            job: Identifier of the job.

        Raises:
            EndpointError: The status cannot be read. It has status 404 if the job does not exist.
        """

    @abstractmethod
    def results(self, status: JobStatus) -> AsyncIterator[tuple[str, GenerateOutput | AnswerError]]:
        """Yields the results of an ended job, in no order.

        Args:
            status: Status of the job.

        Yields:
            The name of a request, and its response or error.

        Raises:
            EndpointError: The results cannot be read.
        """

    async def _send(
        self,
        method: str,
        path: str,
        body: bytes | None = None,
        *,
        content_type: str = "application/json",
        unless: Callable[[], Awaitable[bytes | None]] | None = None,
    ) -> bytes:
        """Sends a request, again if necessary, and returns the body of the reply.

        Args:
            method: `"GET"` or `"POST"`.
            path: Path below the address of the endpoint, or a whole URL.
            body: Body of the request.
            content_type: Content type of the body.
            unless: Called before every retry; if it returns a body, that is returned instead.

        Raises:
            EndpointError: The request is rejected, or all tries failed.
        """
        url = path if "://" in path else f"{self.endpoint}/{path}"
        headers = {**self._headers, "Content-Type": content_type}
        for attempt in range(TRIES):
            error: ModelError
            try:
                reply = await transport.send(
                    method,
                    url,
                    body=body,
                    headers=headers,
                    timeout=_TIMEOUT_SECONDS,
                    max_bytes=_MAX_FILE_BYTES,
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
            f"{error}. Submitted batch jobs are not affected. Run again to continue.",
            status=error.status,
        )


def json_object(body: bytes) -> dict[str, Any]:
    """Parses a JSON object about a job.

    Args:
        body: Body of a reply, or a line of a file.

    Raises:
        EndpointError: The body is not a JSON object.
    """
    try:
        data = orjson.loads(body)
    except orjson.JSONDecodeError:
        data = None
    if not isinstance(data, dict):
        raise EndpointError(
            f"batch job: the endpoint's reply is not a JSON object: {errors.excerpt(body)[:200]}"
        )
    return data

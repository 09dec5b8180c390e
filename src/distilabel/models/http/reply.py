"""What a transport returns and raises: the reply of a server, or why there is none."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import NamedTuple


class Reply(NamedTuple):
    """Reply of a server.

    Attributes:
        status: HTTP status.
        headers: Headers, looked up without regard to case.
        body: Whole body, unpacked.
    """

    status: int
    headers: Mapping[str, str]
    body: bytes


class ReplyHeaders(Mapping[str, str]):
    """Headers of a reply, looked up without regard to case; decoded when they are read.

    Args:
        raw: Values by name in lower case, as they were received. Of several headers of one name,
            the first.
    """

    __slots__ = ("_raw",)

    def __init__(self, raw: dict[bytes, bytes]) -> None:
        self._raw = raw

    def __getitem__(self, name: str) -> str:
        try:
            return self._raw[name.lower().encode()].decode("utf-8", "replace")
        except KeyError:
            raise KeyError(name) from None

    def __iter__(self) -> Iterator[str]:
        return (name.decode("utf-8", "replace") for name in self._raw)

    def __len__(self) -> int:
        return len(self._raw)


class TransportError(Exception):
    """There is no reply."""


class InvalidURLError(TransportError):
    """The URL is not one that a request can be sent to."""


class ConnectTimeoutError(TransportError):
    """The server did not accept a connection in time: nothing was sent.

    Args:
        seconds: How long it had.
    """

    def __init__(self, seconds: float) -> None:
        super().__init__(f"no connection within {seconds:g} s")
        self.seconds = seconds


class ConnectFailedError(TransportError):
    """There is no connection, and nothing was sent; the cause says why."""


class LostReplyError(TransportError):
    """The request was sent, at least in part, and its reply is lost or cannot be read."""


class ReplyTooLargeError(TransportError):
    """The reply is larger than allowed, and the rest of it was not read.

    Args:
        status: HTTP status of the reply.
    """

    def __init__(self, status: int) -> None:
        super().__init__(f"the reply with status {status} is too large")
        self.status = status

"""Sends HTTP requests and receives replies; the one asynchronous HTTP client of all models.

Usual requests go over connections of its own (`connection_pool`); those through a proxy or to an
unusual URL are left to aiohttp (`aiohttp_client`), and all of them with `DISTILABEL_HTTP=aiohttp`.
"""

from __future__ import annotations

import asyncio
import atexit
import contextlib
import os
from collections.abc import Mapping
from typing import TYPE_CHECKING, Final
from urllib.parse import urljoin, urlsplit
from urllib.request import getproxies, proxy_bypass
from weakref import WeakKeyDictionary

from distilabel._core.redaction import redact_urls
from distilabel.errors import AnswerError
from distilabel.models.http.connection_pool import ConnectionPool
from distilabel.models.http.reply import (
    ConnectFailedError,
    ConnectTimeoutError,
    InvalidURLError,
    Reply,
    ReplyTooLargeError,
    TransportError,
)
from distilabel.models.http.request_head import RequestHead, build_head

if TYPE_CHECKING:
    from distilabel.models.http.aiohttp_client import AiohttpClient

__all__ = ["MAX_REPLY_BYTES", "Reply", "close", "is_same_origin", "send"]

# Most bytes of a reply, unpacked. A chat completion has less than a hundredth of this.
MAX_REPLY_BYTES: Final = 64 * 2**20

_MOST_REDIRECTS: Final = 5
_REDIRECTS: Final = frozenset({301, 302, 303, 307, 308})
# Redirects that keep the method and the body.
_SAME_REQUEST: Final = frozenset({307, 308})
# Heads of requests that are kept. An endpoint has two or three; images have one each.
_MOST_HEADS: Final = 256


class HTTPClient:
    """The connections of one event loop, which must be running."""

    def __init__(self) -> None:
        self._pool = ConnectionPool()
        self._is_plain = os.environ.get("DISTILABEL_HTTP", "") != "aiohttp"
        self._aiohttp: AiohttpClient | None = None
        self._heads: dict[tuple[str, str], RequestHead] = {}
        self._proxies: dict[str, str | None] = {}

    async def send(
        self,
        method: str,
        url: str,
        body: bytes | None,
        headers: Mapping[str, str],
        timeout: float,
        most: int,
    ) -> Reply:
        """Sends one request without following a redirect.

        Raises:
            Exception: As `AiohttpClient.send`.
        """
        # Shorter than the total, which would not say that nothing was sent.
        connect_timeout = min(timeout * 0.8, 30.0)
        head = self._heads.get((method, url))
        if head is None or head.headers != headers:
            head = self._head(method, url, headers)
        if head is None:
            return await self._opened_aiohttp().send(
                method,
                url,
                body,
                headers,
                timeout=timeout,
                connect_timeout=connect_timeout,
                most=most,
                proxy=self._proxy(url),
            )
        return await self._pool.send(
            head,
            body,
            timeout=timeout,
            connect_timeout=connect_timeout,
            most=most,
            # A GET whose reply is lost may be what a run begins with; it does not take a connection
            # that the server is closing.
            reuse=method != "GET",
        )

    def _head(self, method: str, url: str, headers: Mapping[str, str]) -> RequestHead | None:
        """Returns the head of a request; None if it is left to aiohttp."""
        if not self._is_plain or self._proxy(url) is not None:
            return None
        head = build_head(method, url, headers)
        if head is not None:
            if len(self._heads) >= _MOST_HEADS:
                self._heads.clear()
            self._heads[method, url] = head
        return head

    def _opened_aiohttp(self) -> AiohttpClient:
        if self._aiohttp is None:
            from distilabel.models.http.aiohttp_client import AiohttpClient

            self._aiohttp = AiohttpClient()
        return self._aiohttp

    def _proxy(self, url: str) -> str | None:
        """Returns the proxy for the server of a URL that is set in the environment, if any."""
        try:
            parts = urlsplit(url)
        except ValueError:  # aiohttp raises a better error
            return None
        server = f"{parts.scheme}://{parts.netloc}"
        if server not in self._proxies:
            # Read once: it takes longer than a request.
            proxy = getproxies().get(parts.scheme)
            bypassed = proxy is None or proxy_bypass(parts.netloc)
            self._proxies[server] = None if bypassed else proxy
        return self._proxies[server]

    async def close(self) -> None:
        """Closes all connections."""
        await self._pool.close()
        if self._aiohttp is not None:
            await self._aiohttp.close()


_clients: WeakKeyDictionary[asyncio.AbstractEventLoop, HTTPClient] = WeakKeyDictionary()


def _client() -> HTTPClient:
    """Returns the client of the running event loop, made on first use."""
    loop = asyncio.get_running_loop()
    client = _clients.get(loop)
    if client is None:
        if not _clients:
            atexit.register(_close_at_exit)
        client = _clients[loop] = HTTPClient()
    return client


def _close_at_exit() -> None:
    """Closes the connections of loops that are still running, so that no warning is printed."""
    for loop, client in list(_clients.items()):
        if loop.is_running():
            with contextlib.suppress(Exception):
                asyncio.run_coroutine_threadsafe(client.close(), loop).result(1)


async def close() -> None:
    """Closes the connections of the running event loop, if there are any."""
    client = _clients.pop(asyncio.get_running_loop(), None)
    if client is not None:
        await client.close()


async def send(
    method: str,
    url: str,
    *,
    body: bytes | None = None,
    headers: Mapping[str, str] | None = None,
    timeout: float = 120,
    max_bytes: int = MAX_REPLY_BYTES,
) -> Reply:
    """Sends one request and reads the whole reply.

    A redirect is followed to the same scheme, host and port only, because the request has a key and
    a prompt, and unless it would turn a POST into a GET. Any other redirect is the reply.

    Args:
        method: `"GET"` or `"POST"`.
        url: URL to send the request to.
        body: Body of the request.
        headers: Headers of the request, sent as they are.
        timeout: Seconds until the last byte of the reply.
        max_bytes: Most bytes of the reply, unpacked.

    Raises:
        AnswerError: There is no complete reply (retryable), it is too large, or the URL is invalid.
            The message names the URL, never a header.
    """
    client = _client()
    headers = headers or {}
    for _ in range(_MOST_REDIRECTS):
        try:
            reply = await client.send(method, url, body, headers, timeout, max_bytes)
        except (TransportError, TimeoutError) as error:
            raise _answer_error(error, redact_urls(url), timeout, max_bytes) from (
                error.__cause__ or error
            )
        there = _redirect(method, url, reply) if reply.status in _REDIRECTS else None
        if there is None:
            return reply
        url = there
    return reply


def _answer_error(error: Exception, shown: str, timeout: float, max_bytes: int) -> AnswerError:
    """Returns the error for a request without a reply.

    Args:
        error: Why there is none.
        shown: The URL, without anything secret.
        timeout: Seconds that the request had.
        max_bytes: Most bytes of a reply.
    """
    if isinstance(error, ConnectTimeoutError):
        # The server is down or overloaded; nothing was sent.
        return AnswerError(
            f"{shown} did not accept a connection within {error.seconds:g} s",
            retryable=True,
            overloaded=True,
        )
    if isinstance(error, ConnectFailedError):
        # The server is down, which is no fault of the request: treated as overload.
        cause = error.__cause__
        return AnswerError(
            f"the connection to {shown} failed: {type(cause).__name__}: {cause}",
            retryable=True,
            overloaded=True,
        )
    if isinstance(error, TimeoutError):
        return AnswerError(
            f"{shown} did not answer within {timeout:g} s",
            retryable=True,
            overloaded=True,
            lost=True,
        )
    if isinstance(error, InvalidURLError):
        return AnswerError(f"{shown!r} is not a URL. A URL begins with http:// or https://.")
    if isinstance(error, ReplyTooLargeError):
        return AnswerError(
            f"the reply of {shown} is larger than {max_bytes / 2**20:g} MiB, the limit for a reply "
            "(MAX_REPLY_BYTES in distilabel.models.http.transport). The rest was not read. Check "
            "the base_url.",
            status=error.status,
            lost=True,
        )
    return AnswerError(f"the connection to {shown} failed: {error}", retryable=True, lost=True)


def _redirect(method: str, url: str, reply: Reply) -> str | None:
    """Returns the URL that a redirect leads to; None if it is not followed."""
    location = reply.headers.get("location")
    if not location or (method != "GET" and reply.status not in _SAME_REQUEST):
        return None
    try:
        there = urljoin(url, location)
        return there if is_same_origin(url, there) else None
    except ValueError:
        return None


def is_same_origin(url: str, other: str) -> bool:
    """Whether two URLs have the same scheme, host and port.

    Raises:
        ValueError: One of them is not a URL.
    """
    from yarl import URL

    one, two = URL(url), URL(other)
    return (one.scheme, one.host, one.port) == (two.scheme, two.host, two.port)

"""Sends HTTP requests and receives replies; the one asynchronous HTTP client of all models."""

from __future__ import annotations

import asyncio
import atexit
import contextlib
from collections.abc import Mapping
from functools import lru_cache
from io import BytesIO
from typing import TYPE_CHECKING, Any, Final, NamedTuple
from urllib.parse import urljoin, urlsplit
from urllib.request import getproxies, proxy_bypass
from weakref import WeakKeyDictionary

from distilabel._core.redaction import redact_urls, without_user_info
from distilabel.errors import AnswerError

if TYPE_CHECKING:
    import aiohttp

# Most bytes of a reply, unpacked. A chat completion has less than a hundredth of this.
MAX_REPLY_BYTES: Final = 64 * 2**20

_LARGE: Final = 2**20
_MOST_REDIRECTS: Final = 5
_REDIRECTS: Final = frozenset({301, 302, 303, 307, 308})
# Redirects that keep the method and the body.
_SAME_REQUEST: Final = frozenset({307, 308})

_sessions: WeakKeyDictionary[asyncio.AbstractEventLoop, aiohttp.ClientSession] = WeakKeyDictionary()


class Reply(NamedTuple):
    """Reply of a server.

    Attributes:
        status: HTTP status.
        headers: Headers, looked up without regard to case.
        body: Whole body.
    """

    status: int
    headers: Mapping[str, str]
    body: bytes


def _session() -> aiohttp.ClientSession:
    """Returns the session of the running event loop, opened on first use."""
    import aiohttp

    loop = asyncio.get_running_loop()
    session = _sessions.get(loop)
    if session is None or session.closed:
        session = aiohttp.ClientSession(
            # The rate limiter bounds concurrency; a second bound here would only hide it.
            connector=aiohttp.TCPConnector(limit=0, keepalive_timeout=30, ttl_dns_cache=300),
            cookie_jar=aiohttp.DummyCookieJar(),
        )
        if not _sessions:
            atexit.register(_close_at_exit)
        _sessions[loop] = session
    return session


def _close_at_exit() -> None:
    """Closes the sessions of loops that are still running, so that no warning is printed."""
    for loop, session in list(_sessions.items()):
        if loop.is_running() and not session.closed:
            with contextlib.suppress(Exception):
                asyncio.run_coroutine_threadsafe(session.close(), loop).result(1)


@lru_cache(maxsize=64)
def _limit(seconds: float) -> Any:
    import aiohttp

    # Shorter than the total, which would not say that nothing was sent.
    connecting = min(seconds * 0.8, 30)
    return aiohttp.ClientTimeout(total=seconds, connect=connecting, sock_connect=connecting)


@lru_cache(maxsize=256)
def _proxy(url: str) -> str | None:
    """Returns the proxy set in the environment; `trust_env` of aiohttp reads it every time."""
    try:
        parts = urlsplit(url)
    except ValueError:  # the client raises a better error
        return None
    proxy = getproxies().get(parts.scheme)
    return None if proxy is None or proxy_bypass(parts.netloc) else proxy


async def close() -> None:
    """Closes the session of the running event loop, if there is one."""
    session = _sessions.pop(asyncio.get_running_loop(), None)
    if session is not None:
        await session.close()


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
    for _ in range(_MOST_REDIRECTS):
        reply = await _send(method, url, body, headers, timeout, max_bytes)
        there = _redirect(method, url, reply) if reply.status in _REDIRECTS else None
        if there is None:
            return reply
        url = there
    return reply


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


async def _send(
    method: str,
    url: str,
    body: bytes | None,
    headers: Mapping[str, str] | None,
    timeout: float,
    max_bytes: int,
) -> Reply:
    """Sends one request without following a redirect."""
    import aiohttp
    from yarl import URL

    shown = redact_urls(url)
    if headers and "Authorization" in headers:
        # The client accepts one kind of credentials: the key takes precedence over a password.
        url = without_user_info(url)
    # The client warns about large bodies unless they come from a file.
    data = BytesIO(body) if body is not None and len(body) > _LARGE else body
    try:
        async with _session().request(
            method,
            # The signature of a request is that of its URL: escapes are sent as they are.
            URL(url, encoded=True) if "%" in url else url,
            data=data,
            headers=headers,
            timeout=_limit(timeout),
            proxy=_proxy(url),
            allow_redirects=False,
        ) as response:
            content = await _read(response, max_bytes)
            if content is None:
                raise AnswerError(
                    f"the reply of {shown} is larger than {max_bytes / 2**20:g} MiB, the limit for "
                    "a reply (MAX_REPLY_BYTES in distilabel.models.http.transport). The rest was "
                    "not read. Check the base_url.",
                    status=response.status,
                    lost=True,
                )
            return Reply(response.status, response.headers, content)
    except aiohttp.ConnectionTimeoutError as error:
        # The server is down or overloaded; nothing was sent.
        raise AnswerError(
            f"{shown} did not accept a connection within {_limit(timeout).connect:g} s",
            retryable=True,
            overloaded=True,
        ) from error
    except TimeoutError as error:
        raise AnswerError(
            f"{shown} did not answer within {timeout:g} s",
            retryable=True,
            overloaded=True,
            lost=True,
        ) from error
    except (aiohttp.InvalidURL, aiohttp.NonHttpUrlClientError) as error:
        raise AnswerError(
            f"{shown!r} is not a URL. A URL begins with http:// or https://."
        ) from error
    except aiohttp.ClientConnectorError as error:
        # The server is down, which is no fault of the request: treated as overload.
        raise AnswerError(
            f"the connection to {shown} failed: {type(error).__name__}: {error}",
            retryable=True,
            overloaded=True,
        ) from error
    except (aiohttp.ClientError, OSError) as error:
        raise AnswerError(
            f"the connection to {shown} failed: {type(error).__name__}: {error}",
            retryable=True,
            lost=True,
        ) from error


async def _read(response: aiohttp.ClientResponse, max_bytes: int) -> bytes | None:
    """Reads the body of a reply; returns None, and closes the connection, if it is too large."""
    parts: list[bytes] = []
    size = 0
    while part := await response.content.readany():
        size += len(part)
        if size > max_bytes:
            response.close()
            return None
        parts.append(part)
    return parts[0] if len(parts) == 1 else b"".join(parts)

"""Sends HTTP requests and receives replies; the one asynchronous HTTP client of all models."""

from __future__ import annotations

import asyncio
import atexit
import contextlib
from collections.abc import Mapping
from functools import lru_cache
from io import BytesIO
from typing import TYPE_CHECKING, Any, Final, NamedTuple
from urllib.parse import urlsplit
from urllib.request import getproxies, proxy_bypass
from weakref import WeakKeyDictionary

from distilabel._core.redaction import redact_urls
from distilabel.errors import AnswerError

if TYPE_CHECKING:
    import aiohttp

_LARGE: Final = 2**20

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

    # Shorter than the total: it tells that the request was not sent.
    return aiohttp.ClientTimeout(total=seconds, sock_connect=min(0.9 * seconds, 30))


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
) -> Reply:
    """Sends one request and reads the whole reply.

    A redirect is followed, unless it would turn a POST into a GET; then the redirect is the reply.

    Args:
        method: `"GET"` or `"POST"`.
        url: URL to send the request to.
        body: Body of the request.
        headers: Headers of the request, sent as they are.
        timeout: Seconds until the last byte of the reply.

    Raises:
        AnswerError: There is no complete reply (retryable), or the URL is invalid. The message
            names the URL, never a header.
    """
    import aiohttp

    shown = redact_urls(url)
    if headers and "Authorization" in headers:
        # The client accepts one kind of credentials: the key takes precedence over a password.
        url = shown
    # The client warns about large bodies unless they come from a file.
    data = BytesIO(body) if body is not None and len(body) > _LARGE else body
    try:
        async with _session().request(
            method, url, data=data, headers=headers, timeout=_limit(timeout), proxy=_proxy(url)
        ) as response:
            if response.method != method:
                # The redirect has turned the request into a GET.
                first = response.history[0]
                return Reply(first.status, first.headers, b"")
            return Reply(response.status, response.headers, await response.read())
    except TimeoutError as error:
        raise AnswerError(
            f"{shown} did not answer within {timeout:g} s",
            retryable=True,
            overloaded=True,
            lost=not isinstance(error, aiohttp.ConnectionTimeoutError),
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

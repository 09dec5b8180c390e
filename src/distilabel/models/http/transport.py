"""The one asynchronous HTTP client. Knows addresses, bytes and statuses, and no protocol."""

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
    """What a server sent back."""

    status: int
    headers: Mapping[str, str]
    body: bytes


def _session() -> aiohttp.ClientSession:
    """The session of the running loop, opened when first needed."""
    import aiohttp

    loop = asyncio.get_running_loop()
    session = _sessions.get(loop)
    if session is None or session.closed:
        session = aiohttp.ClientSession(
            # The gate bounds what is in flight; a second bound here would only hide it.
            connector=aiohttp.TCPConnector(limit=0, keepalive_timeout=30, ttl_dns_cache=300),
            cookie_jar=aiohttp.DummyCookieJar(),
        )
        if not _sessions:
            atexit.register(_close_at_exit)
        _sessions[loop] = session
    return session


def _close_at_exit() -> None:
    """Closes what a loop that nobody ends has left open, so that the program leaves in silence."""
    for loop, session in list(_sessions.items()):
        if loop.is_running() and not session.closed:
            with contextlib.suppress(Exception):
                asyncio.run_coroutine_threadsafe(session.close(), loop).result(1)


@lru_cache(maxsize=64)
def _limit(seconds: float) -> Any:
    import aiohttp

    return aiohttp.ClientTimeout(total=seconds, sock_connect=min(seconds, 30))


@lru_cache(maxsize=256)
def _proxy(url: str) -> str | None:
    """The proxy the environment asks for. `trust_env` of aiohttp reads it for every request."""
    try:
        parts = urlsplit(url)
    except ValueError:  # the client tells what is wrong with it
        return None
    proxy = getproxies().get(parts.scheme)
    return None if proxy is None or proxy_bypass(parts.netloc) else proxy


async def close() -> None:
    """Closes the session of the running loop, if there is one."""
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

    A redirect is followed, unless it asks to come back without the body; then it is the reply.

    Args:
        method: `"GET"` or `"POST"`.
        url: where to.
        body: what to send.
        headers: sent as they are.
        timeout: seconds until the last byte of the reply.

    Raises:
        AnswerError: no reply, or not all of it; retryable. Its message names the address, never a
            header.
    """
    import aiohttp

    shown = redact_urls(url)
    if headers and "Authorization" in headers:
        # One way in at a time: the key that was given goes before a password in the address.
        url = shown
    # The client takes a large body in one piece only from a file.
    data = BytesIO(body) if body is not None and len(body) > _LARGE else body
    try:
        async with _session().request(
            method, url, data=data, headers=headers, timeout=_limit(timeout), proxy=_proxy(url)
        ) as response:
            if response.method != method:
                # It became a question for a page: what that says is no answer to this one.
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
            f"{shown!r} is no address: one begins with http:// or https://"
        ) from error
    except aiohttp.ClientConnectorError as error:
        # Nobody is there, which says nothing against the question: as with load, wait and see.
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

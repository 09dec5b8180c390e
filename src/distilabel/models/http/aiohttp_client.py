"""Sends requests with aiohttp: through proxies, to unusual URLs, and wherever the user wants it."""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache
from io import BytesIO
from typing import Any, Final

import aiohttp
from yarl import URL

from distilabel._core.redaction import without_user_info
from distilabel.models.http.reply import (
    ConnectFailedError,
    ConnectTimeoutError,
    InvalidURLError,
    LostReplyError,
    Reply,
    ReplyTooLargeError,
)

_LARGE: Final = 2**20


@lru_cache(maxsize=64)
def _limit(seconds: float, connect_seconds: float) -> aiohttp.ClientTimeout:
    return aiohttp.ClientTimeout(
        total=seconds, connect=connect_seconds, sock_connect=connect_seconds
    )


class AiohttpClient:
    """The session of one event loop, which must be running."""

    def __init__(self) -> None:
        self._session = aiohttp.ClientSession(
            # The rate limiter bounds concurrency; a second bound here would only hide it.
            connector=aiohttp.TCPConnector(limit=0, keepalive_timeout=30, ttl_dns_cache=300),
            cookie_jar=aiohttp.DummyCookieJar(),
        )

    async def close(self) -> None:
        """Closes the session."""
        await self._session.close()

    async def send(
        self,
        method: str,
        url: str,
        body: bytes | None,
        headers: Mapping[str, str],
        *,
        timeout: float,
        connect_timeout: float,
        most: int,
        proxy: str | None,
    ) -> Reply:
        """Sends one request without following a redirect.

        Args:
            method: `"GET"` or `"POST"`.
            url: URL to send it to.
            body: Body of the request; None for a request without one.
            headers: Headers, sent as they are.
            timeout: Seconds until the last byte of the reply.
            connect_timeout: Seconds until there is a connection, within `timeout`.
            most: Most bytes of the reply, unpacked.
            proxy: Proxy to send it through; None for none.

        Raises:
            InvalidURLError: The URL is not one.
            ConnectTimeoutError: There was no connection in time.
            ConnectFailedError: There is no connection.
            TimeoutError: There was no reply in time.
            LostReplyError: The reply is lost.
            ReplyTooLargeError: It is too large; the rest was not read.
        """
        if "Authorization" in headers:
            # aiohttp accepts one kind of credentials: the key takes precedence over a password.
            url = without_user_info(url)
        # aiohttp warns about large bodies unless they come from a file.
        data: Any = BytesIO(body) if body is not None and len(body) > _LARGE else body
        try:
            async with self._session.request(
                method,
                # The signature of a request is that of its URL: escapes are sent as they are.
                URL(url, encoded=True) if "%" in url else url,
                data=data,
                headers=headers,
                timeout=_limit(timeout, connect_timeout),
                proxy=proxy,
                allow_redirects=False,
            ) as response:
                content = await _read(response, most)
                return Reply(response.status, response.headers, content)
        except aiohttp.ConnectionTimeoutError as error:
            raise ConnectTimeoutError(connect_timeout) from error
        except (aiohttp.InvalidURL, aiohttp.NonHttpUrlClientError) as error:
            raise InvalidURLError(url) from error
        except aiohttp.ClientConnectorError as error:
            raise ConnectFailedError(str(error)) from error
        except TimeoutError:
            raise
        except (aiohttp.ClientError, OSError) as error:
            raise LostReplyError(f"{type(error).__name__}: {error}") from error


async def _read(response: aiohttp.ClientResponse, most: int) -> bytes:
    """Reads the body of a reply; closes the connection if it is too large."""
    parts: list[bytes] = []
    size = 0
    while part := await response.content.readany():
        size += len(part)
        if size > most:
            response.close()
            raise ReplyTooLargeError(response.status)
        parts.append(part)
    return parts[0] if len(parts) == 1 else b"".join(parts)

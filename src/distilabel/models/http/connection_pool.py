"""Opens connections, and keeps those that are idle for the next requests to the same server."""

from __future__ import annotations

import asyncio
import socket
import ssl
from functools import lru_cache
from typing import TYPE_CHECKING, Any, Final

from aiohappyeyeballs import start_connection

from distilabel.models.http.connection import Connection
from distilabel.models.http.deadlines import Deadlines
from distilabel.models.http.reply import ConnectFailedError, ConnectTimeoutError

if TYPE_CHECKING:
    from distilabel.models.http.reply import Reply
    from distilabel.models.http.request_head import Origin, RequestHead

# Seconds for which the addresses of a host are used again.
_ADDRESS_SECONDS: Final = 300.0
# Seconds after which the next address of a host is tried beside the one before.
_NEXT_ADDRESS_SECONDS: Final = 0.25
# Seconds between two looks for connections that have been idle for too long.
_CLEAN_SECONDS: Final = 5.0
# Seconds that closing may take.
_CLOSE_SECONDS: Final = 1.0


@lru_cache(maxsize=1)
def _tls() -> ssl.SSLContext:
    """Returns the settings of all TLS connections: certificates and host names are verified."""
    context = ssl.create_default_context()
    context.set_alpn_protocols(["http/1.1"])
    return context


class ConnectionPool:
    """The connections of one event loop.

    Any number of requests may be in flight: the rate limiter bounds them.
    """

    def __init__(self) -> None:
        self._loop = asyncio.get_running_loop()
        self._deadlines = Deadlines(self._loop)
        self._all: set[Connection] = set()
        # The one that was used last is used next, so that those that are not needed expire.
        self._idle: dict[Origin, list[Connection]] = {}
        self._origins: dict[Connection, Origin] = {}
        self._addresses: dict[Origin, tuple[float, asyncio.Task[list[Any]]]] = {}
        self._cleaner: asyncio.TimerHandle | None = None

    async def send(
        self,
        head: RequestHead,
        body: bytes | None,
        *,
        timeout: float,
        connect_timeout: float,
        most: int,
        reuse: bool,
    ) -> Reply:
        """Sends one request, once, and reads its reply.

        Args:
            head: Head of the request.
            body: Its body; None for a request without one.
            timeout: Seconds until the last byte of the reply.
            connect_timeout: Seconds until there is a connection, within `timeout`.
            most: Most bytes of the reply, unpacked.
            reuse: Whether to use a connection that is open. The server may just be closing it:
                then the reply is lost.

        Raises:
            ConnectTimeoutError: There was no connection in time.
            ConnectFailedError: There is no connection.
            TimeoutError: There was no reply in time.
            LostReplyError: The reply is lost.
            ReplyTooLargeError: It is too large; the rest was not read.
        """
        connection = self._take_idle(head.origin) if reuse else None
        if connection is None:
            begun = self._loop.time()
            connection = await self._open(head.origin, connect_timeout)
            timeout -= self._loop.time() - begun
        waiter = connection.send(head.with_body(body), most)
        self._deadlines.add(waiter, timeout)
        try:
            return await waiter
        finally:
            self._deadlines.remove(waiter, timeout)
            connection.give_up(waiter)

    async def close(self) -> None:
        """Closes all connections and waits until they are closed."""
        self._deadlines.close()
        if self._cleaner is not None:
            self._cleaner.cancel()
        for _, lookup in self._addresses.values():
            lookup.cancel()
        lost = [connection.lost for connection in self._all]
        for connection in list(self._all):
            connection.close()
        if lost:
            await asyncio.wait(lost, timeout=_CLOSE_SECONDS)

    # -- opening ----------------------------------------------------------------------------

    async def _open(self, origin: Origin, seconds: float) -> Connection:
        limit = asyncio.timeout(seconds)
        try:
            async with limit:
                return await self._connect(origin)
        except (OSError, UnicodeError) as error:
            if isinstance(error, TimeoutError) and limit.expired():
                raise ConnectTimeoutError(seconds) from error
            # The next attempt asks for the addresses again: they may have changed.
            self._addresses.pop(origin, None)
            raise ConnectFailedError(str(error)) from error

    async def _connect(self, origin: Origin) -> Connection:
        addresses = await self._lookup(origin)
        connected = await start_connection(
            addresses, happy_eyeballs_delay=_NEXT_ADDRESS_SECONDS, loop=self._loop
        )
        _, connection = await self._loop.create_connection(
            lambda: Connection(self._loop, self._became_idle, self._was_lost),
            sock=connected,
            ssl=_tls() if origin.is_secure else None,
            server_hostname=origin.host.rstrip(".") if origin.is_secure else None,
        )
        if connection.lost.done():
            raise ConnectionResetError("the server disconnected")
        self._all.add(connection)
        self._origins[connection] = origin
        return connection

    async def _lookup(self, origin: Origin) -> list[Any]:
        """Returns the addresses of a host; one lookup serves all requests that wait for it."""
        now = self._loop.time()
        until, lookup = self._addresses.get(origin, (0.0, None))
        if lookup is None or now > until:
            lookup = self._loop.create_task(self._get_addresses(origin))
            # All that wait may have been cancelled when it fails.
            lookup.add_done_callback(lambda task: task.cancelled() or task.exception())
            self._addresses[origin] = now + _ADDRESS_SECONDS, lookup
        return await asyncio.shield(lookup)

    async def _get_addresses(self, origin: Origin) -> list[Any]:
        return await self._loop.getaddrinfo(origin.host, origin.port, type=socket.SOCK_STREAM)

    # -- idle connections -------------------------------------------------------------------

    def _take_idle(self, origin: Origin) -> Connection | None:
        idle = self._idle.get(origin)
        now = self._loop.time() if idle else 0.0
        while idle:
            connection = idle.pop()
            if connection.is_usable(now):
                return connection
            connection.close()
        return None

    def _became_idle(self, connection: Connection) -> None:
        origin = self._origins.get(connection)
        if origin is None:
            connection.close()
            return
        self._idle.setdefault(origin, []).append(connection)
        if self._cleaner is None:
            self._cleaner = self._loop.call_later(_CLEAN_SECONDS, self._clean)

    def _was_lost(self, connection: Connection) -> None:
        self._all.discard(connection)
        origin = self._origins.pop(connection, None)
        idle = self._idle.get(origin) if origin is not None else None
        if idle and connection in idle:
            idle.remove(connection)

    def _clean(self) -> None:
        """Closes the connections that have been idle for too long."""
        self._cleaner = None
        now = self._loop.time()
        for origin, idle in self._idle.items():
            for connection in idle:
                if not connection.is_usable(now):
                    connection.close()
            self._idle[origin] = [each for each in idle if each.is_usable(now)]
        if any(self._idle.values()):
            self._cleaner = self._loop.call_later(_CLEAN_SECONDS, self._clean)

"""One HTTP/1.1 connection, kept alive: writes a request in one piece and reads its reply.

Knows nothing of other connections, of time limits, or of what is in a body.
"""

from __future__ import annotations

import asyncio
import re
from collections.abc import Callable
from typing import Final

from httptools import HttpParserError, HttpParserUpgrade, HttpResponseParser

from distilabel.models.http.content_coding import BodyDecoder
from distilabel.models.http.reply import LostReplyError, Reply, ReplyHeaders, ReplyTooLargeError

# Most bytes of a reply besides its body: head, sizes of chunks, trailers. Small chunks have a
# multiple of their own size.
_MOST_BESIDES: Final = 2**16
_MOST_BESIDES_PER_BYTE: Final = 16
# Seconds after which an idle connection is not used again: servers close theirs after 5 s (uvicorn)
# or later, and a request that is sent at that moment is lost. A server may name its own limit.
IDLE_SECONDS: Final = 4.0
_MOST_IDLE_SECONDS: Final = 30.0
_KEEP_ALIVE: Final = re.compile(rb"timeout=(\d+)")
# A reply below this status only announces another one.
_FINAL_STATUS: Final = 200


class Connection(asyncio.Protocol):
    """One connection to a server.

    Args:
        loop: Event loop that it belongs to.
        on_idle: Called when a reply is complete and another request may be sent.
        on_lost: Called when it is closed.

    Attributes:
        idle_until: Time after which it must not be used again, in seconds of the loop's clock.
        lost: Done once it is closed.
    """

    def __init__(
        self,
        loop: asyncio.AbstractEventLoop,
        on_idle: Callable[[Connection], None],
        on_lost: Callable[[Connection], None],
    ) -> None:
        self.idle_until = 0.0
        self.lost: asyncio.Future[None] = loop.create_future()
        self._loop = loop
        self._on_idle = on_idle
        self._on_lost = on_lost
        self._parser = HttpResponseParser(self)
        # What aiohttp tolerates too.
        self._parser.set_dangerous_leniencies(
            lenient_headers=True,
            lenient_optional_cr_before_lf=True,
            lenient_spaces_after_chunk_size=True,
        )
        self._transport: asyncio.Transport | None = None
        self._waiter: asyncio.Future[Reply] | None = None
        self._most = 0
        self._begin_reply()

    def _begin_reply(self) -> None:
        self._headers: dict[bytes, bytes] = {}
        self._parts: list[bytes] = []
        # Bytes of the unpacked body, of the body as it was sent, and of everything.
        self._size = 0
        self._sent_size = 0
        self._received = 0
        self._decoder: BodyDecoder | None = None
        self._has_head = False
        self._status = 0
        self._is_complete = False
        self._may_go_on = False
        self._error: Exception | None = None

    def send(self, request: bytes, most: int) -> asyncio.Future[Reply]:
        """Sends a request; the connection must be idle.

        Args:
            request: The whole request.
            most: Most bytes of the reply, unpacked.

        Returns:
            The reply. It raises `LostReplyError` if there is none, and `ReplyTooLargeError`.
        """
        assert self._transport is not None
        assert self._waiter is None
        self._begin_reply()
        self._most = most
        self._waiter = self._loop.create_future()
        self._transport.write(request)
        return self._waiter

    def is_usable(self, now: float) -> bool:
        """Whether another request may be sent.

        Args:
            now: Current time, in seconds of the loop's clock.
        """
        transport = self._transport
        return transport is not None and not transport.is_closing() and now < self.idle_until

    def give_up(self, waiter: asyncio.Future[Reply]) -> None:
        """Closes the connection if it still waits for this reply: the rest of it may follow.

        Args:
            waiter: What `send` returned.
        """
        if self._waiter is waiter:
            self.close()

    def close(self) -> None:
        """Closes the connection at once; a reply that is awaited is lost."""
        if self._transport is not None:
            self._transport.abort()

    # -- called by the event loop -----------------------------------------------------------

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Stores the transport."""
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport

    def data_received(self, data: bytes) -> None:
        """Reads a part of the reply."""
        if self._waiter is None:
            # Nothing was asked: what the server says next would be taken for another reply.
            self.close()
            return
        self._received += len(data)
        try:
            self._parser.feed_data(data)
        except (HttpParserError, HttpParserUpgrade) as error:
            self._may_go_on = False
            if not self._is_complete:
                what = f"the reply is not valid HTTP: {error}"
                self._error = self._error or LostReplyError(what)
        if self._is_complete and self._error is None:
            self._finish()
            return
        besides = self._received - self._sent_size
        if besides > _MOST_BESIDES + _MOST_BESIDES_PER_BYTE * self._sent_size:
            self._error = self._error or LostReplyError("the headers of the reply are too long")
        if self._error is not None:
            self._fail(self._error)

    def connection_lost(self, error: Exception | None) -> None:
        """Ends a reply that lasts as long as the connection; any other is lost."""
        self._transport = None
        if not self.lost.done():
            self.lost.set_result(None)
        self._on_lost(self)
        if self._waiter is None:
            return
        lasts = b"content-length" not in self._headers and b"transfer-encoding" not in self._headers
        if self._has_head and lasts and error is None:
            self._end_body()
            if self._error is None:
                self._finish()
                return
        if self._error is None:
            what = f"{type(error).__name__}: {error}" if error else "the server disconnected"
            self._error = LostReplyError(what)
            self._error.__cause__ = error
        self._fail(self._error)

    # -- called by the parser ---------------------------------------------------------------

    def on_message_begin(self) -> None:
        """Notes a reply that nothing was asked for."""
        if self._is_complete:
            self._may_go_on = False

    def on_header(self, name: bytes, value: bytes) -> None:
        """Stores a header; those that follow a body are ignored."""
        if not self._has_head:
            self._headers.setdefault(name.lower(), value)

    def on_headers_complete(self) -> None:
        """Prepares to unpack the body."""
        if self._is_complete:
            return
        self._has_head = True
        self._status = self._parser.get_status_code()
        coding = self._headers.get(b"content-encoding", b"").decode("latin-1")
        if coding and coding.lower() != "identity":
            try:
                self._decoder = BodyDecoder(coding)
            except ValueError as error:
                self._error = LostReplyError(f"the reply cannot be read: {error}")

    def on_body(self, data: bytes) -> None:
        """Stores a part of the body, unless it is too large."""
        self._sent_size += len(data)
        if self._error is not None or self._is_complete:
            return
        if self._decoder is not None:
            try:
                data = self._decoder.decode(data, self._most - self._size + 1)
            except ValueError as error:
                self._error = LostReplyError(f"the reply cannot be read: {error}")
                return
        self._size += len(data)
        if self._size > self._most:
            self._error = ReplyTooLargeError(self._status)
        else:
            self._parts.append(data)

    def on_message_complete(self) -> None:
        """Ends the reply, unless it only announces another one."""
        if self._is_complete:
            return
        if self._status < _FINAL_STATUS:
            self._headers = {}
            self._has_head = False
            return
        self._is_complete = True
        self._may_go_on = self._parser.should_keep_alive()
        self._end_body()

    # -- the end of a reply -----------------------------------------------------------------

    def _end_body(self) -> None:
        if self._decoder is not None and self._error is None and not self._decoder.is_complete:
            self._error = LostReplyError("the reply cannot be read: its packed body is not whole")

    def _finish(self) -> None:
        waiter, self._waiter = self._waiter, None
        parts = self._parts
        body = parts[0] if len(parts) == 1 else b"".join(parts)
        headers = self._headers
        reply = Reply(self._status, ReplyHeaders(headers), body)
        if waiter is not None and not waiter.done():
            waiter.set_result(reply)
        transport = self._transport
        # A server may reply before it has read the request; the rest of it would be in the way.
        if self._may_go_on and transport is not None and not transport.get_write_buffer_size():
            self.idle_until = self._loop.time() + _idle_seconds(headers)
            self._on_idle(self)
        else:
            self.close()

    def _fail(self, error: Exception) -> None:
        waiter, self._waiter = self._waiter, None
        if waiter is not None and not waiter.done():
            waiter.set_exception(error)
        self.close()


def _idle_seconds(headers: dict[bytes, bytes]) -> float:
    """Returns how long a connection may be idle: less than the server keeps it open."""
    named = _KEEP_ALIVE.search(headers.get(b"keep-alive", b""))
    if named is None:
        return IDLE_SECONDS
    return min(0.8 * int(named[1]), _MOST_IDLE_SECONDS)

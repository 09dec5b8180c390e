"""Protects how replies are read from one connection, however a server sends and breaks them."""

from __future__ import annotations

import asyncio
import contextlib
import gzip
import zlib
from collections.abc import AsyncIterator

import pytest

from distilabel.models.http.connection_pool import ConnectionPool
from distilabel.models.http.reply import LostReplyError, Reply, ReplyTooLargeError
from distilabel.models.http.request_head import RequestHead, build_head
from raw_server import raw_server, until

OK = b"HTTP/1.1 200 OK\r\n"
BODY = b'{"a": 1}'
WHOLE = OK + b"Content-Length: 8\r\n\r\n" + BODY


class Script:
    """A server that sends the same bytes to every request.

    Attributes:
        url: Its address.
        requests: What it was sent, by connection.
        closed: Number of connections that the client has closed.
    """

    def __init__(self, sent: bytes, *, then_close: bool) -> None:
        self.url = ""
        self.requests: list[list[bytes]] = []
        self.closed = 0
        self._sent = sent
        self._then_close = then_close

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        requests: list[bytes] = []
        self.requests.append(requests)
        with contextlib.suppress(asyncio.IncompleteReadError, ConnectionError):
            while True:
                head = await reader.readuntil(b"\r\n\r\n")
                size = head.partition(b"Content-Length: ")[2].partition(b"\r\n")[0]
                requests.append(head + await reader.readexactly(int(size or 0)))
                writer.write(self._sent)
                await writer.drain()
                if self._then_close:
                    return
        self.closed += 1


@contextlib.asynccontextmanager
async def scripted(sent: bytes, *, then_close: bool = False) -> AsyncIterator[Script]:
    script = Script(sent, then_close=then_close)
    async with raw_server(script.serve, limit=2**26) as host:
        script.url = f"http://{host}/x"
        yield script


@pytest.fixture
async def pool() -> AsyncIterator[ConnectionPool]:
    pool = ConnectionPool()
    yield pool
    await pool.close()


def head(url: str, method: str = "POST") -> RequestHead:
    built = build_head(method, url, {})
    assert built is not None
    return built


async def ask(
    pool: ConnectionPool,
    url: str,
    body: bytes = b"{}",
    timeout: float = 5,
    most: int = 2**22,
) -> Reply:
    return await pool.send(
        head(url), body, timeout=timeout, connect_timeout=timeout, most=most, reuse=True
    )


def chunked(*parts: bytes, trailer: bytes = b"") -> bytes:
    chunks = b"".join(b"%x\r\n%b\r\n" % (len(part), part) for part in parts)
    return OK + b"Transfer-Encoding: chunked\r\n\r\n" + chunks + b"0\r\n" + trailer + b"\r\n"


def packed(body: bytes, coding: bytes) -> bytes:
    lines = b"Content-Encoding: %b\r\nContent-Length: %d\r\n\r\n" % (coding, len(body))
    return OK + lines + body


_RAW = zlib.compressobj(wbits=-15)
RAW_DEFLATE = _RAW.compress(BODY) + _RAW.flush()


@pytest.mark.parametrize(
    "sent",
    [
        WHOLE,
        chunked(BODY),
        chunked(*(bytes([byte]) for byte in BODY), trailer=b"X-Sum: 1\r\n"),
        packed(gzip.compress(BODY), b"gzip"),
        packed(gzip.compress(BODY[:3]) + gzip.compress(BODY[3:]), b"GZIP"),
        packed(zlib.compress(BODY), b"deflate"),
        packed(RAW_DEFLATE, b"deflate"),
        packed(BODY, b"identity"),
        b"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early Hints\r\nX-Some: old\r\n\r\n" + WHOLE,
    ],
    ids=[
        "whole",
        "chunked",
        "small chunks",
        "gzip",
        "two members",
        "deflate",
        "raw deflate",
        "identity",
        "announced",
    ],
)
async def test_a_reply_is_read_and_its_connection_used_again(
    pool: ConnectionPool, sent: bytes
) -> None:
    async with scripted(sent) as server:
        for _ in range(3):
            reply = await ask(pool, server.url)
            assert (reply.status, reply.body) == (200, BODY)
            assert "x-some" not in reply.headers
    assert [len(requests) for requests in server.requests] == [3]


@pytest.mark.parametrize(
    "sent",
    [
        OK + b"Connection: close\r\nContent-Length: 8\r\n\r\n" + BODY,
        b"HTTP/1.0 200 OK\r\nContent-Length: 8\r\n\r\n" + BODY,
        WHOLE + b"HTTP/1.1 200 OK\r\nContent-Length: 6\r\n\r\nothers",
        WHOLE + b"more than was announced",
        OK + b"Keep-Alive: timeout=0\r\nContent-Length: 8\r\n\r\n" + BODY,
    ],
    ids=["close", "1.0", "a second reply", "rubbish", "no time"],
)
async def test_a_connection_that_may_be_out_of_step_is_not_used_again(
    pool: ConnectionPool, sent: bytes
) -> None:
    async with scripted(sent) as server:
        for _ in range(2):
            assert (await ask(pool, server.url)).body == BODY
    assert [len(requests) for requests in server.requests] == [1, 1]


async def test_what_a_server_says_unasked_is_no_reply(pool: ConnectionPool) -> None:
    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(WHOLE)
        await asyncio.sleep(0.01)
        writer.write(WHOLE.replace(b"1", b"2"))
        await reader.read()

    async with raw_server(serve) as host:
        for _ in range(2):
            assert (await ask(pool, f"http://{host}", b"")).body == BODY
            await asyncio.sleep(0.03)


@pytest.mark.parametrize(
    "sent",
    [packed(b"", b"gzip"), b"HTTP/1.1 204 No Content\r\n\r\n", chunked()],
    ids=["gzip", "204", "chunked"],
)
async def test_a_reply_may_be_empty(pool: ConnectionPool, sent: bytes) -> None:
    async with scripted(sent) as server:
        for _ in range(2):
            assert (await ask(pool, server.url)).body == b""
    assert len(server.requests) == 1


async def test_a_reply_without_a_length_lasts_as_long_as_its_connection(
    pool: ConnectionPool,
) -> None:
    async with scripted(OK + b"\r\n" + BODY, then_close=True) as server:
        assert (await ask(pool, server.url)).body == BODY


@pytest.mark.parametrize(
    "sent",
    [
        b"",
        OK,
        OK + b"Content-Length: 9\r\n\r\n" + BODY,
        OK + b"Transfer-Encoding: chunked\r\n\r\n8\r\n" + BODY + b"\r\n",
        b"SSH-2.0-OpenSSH_9.6\r\n",
        b"HTTP/1.1 101 Switching Protocols\r\nConnection: upgrade\r\nUpgrade: x\r\n\r\n",
        packed(gzip.compress(BODY)[:-9], b"gzip"),
        packed(b"not packed", b"gzip"),
        packed(BODY, b"br"),
        OK + b"Content-Length: 8\r\nContent-Length: 9\r\n\r\n" + BODY,
    ],
    ids=[
        "nothing",
        "half a head",
        "half a body",
        "no last chunk",
        "not HTTP",
        "another protocol",
        "half packed",
        "not packed",
        "packed otherwise",
        "two lengths",
    ],
)
async def test_a_reply_that_is_not_whole_is_lost_and_its_request_sent_once(
    pool: ConnectionPool, sent: bytes
) -> None:
    """The server may have answered and charged for it: only the caller may send it again."""
    async with scripted(sent, then_close=True) as server:
        with pytest.raises(LostReplyError):
            await ask(pool, server.url)
    assert [len(requests) for requests in server.requests] == [1]


@pytest.mark.parametrize(
    "endless",
    [
        OK + b"X-More: 1\r\n" * 10_000,
        OK + b"X-More: " + b"1" * 100_000,
        chunked(trailer=b"X-More: 1\r\n" * 10_000)[:-2],
        b"HTTP/1.1 100 Continue\r\n\r\n" * 5_000,
    ],
    ids=["many headers", "a long header", "trailers", "announcements"],
)
async def test_headers_are_bounded(pool: ConnectionPool, endless: bytes) -> None:
    async with scripted(endless) as server:
        with pytest.raises(LostReplyError, match="too long"):
            await ask(pool, server.url)


async def test_a_reply_is_given_up_at_the_limit_although_the_server_says_its_size(
    pool: ConnectionPool,
) -> None:
    sent = OK + b"Content-Length: 1000\r\n\r\n" + bytes(1000)
    async with scripted(sent) as server:
        assert len((await ask(pool, server.url, most=1000)).body) == 1000
        with pytest.raises(ReplyTooLargeError):
            await ask(pool, server.url, most=999)
        for packing in (gzip.compress(bytes(2**20)), gzip.compress(bytes(2**20)) * 2):
            async with scripted(packed(packing, b"gzip")) as other:
                with pytest.raises(ReplyTooLargeError):
                    await ask(pool, other.url, most=1000)


async def test_a_large_request_is_sent_whole(pool: ConnectionPool) -> None:
    body = bytes(range(256)) * 2**14
    async with scripted(WHOLE) as server:
        assert (await ask(pool, server.url, body)).body == BODY
        assert (await ask(pool, server.url, b"")).body == BODY
    assert server.requests[0][0].endswith(body)
    assert len(server.requests) == 1


async def test_a_reply_before_the_request_is_read_closes_the_connection(
    pool: ConnectionPool,
) -> None:
    """What is left of the request would be taken for the next one."""

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(b"HTTP/1.1 413 Too Large\r\nContent-Length: 0\r\n\r\n")
        await asyncio.sleep(0.05)

    async with raw_server(serve, limit=2**10) as host:
        assert (await ask(pool, f"http://{host}", bytes(2**24))).status == 413
        assert not any(pool._idle.values())


async def test_a_cancelled_request_closes_its_connection(pool: ConnectionPool) -> None:
    """The rest of its reply would be taken for the next one."""
    async with scripted(OK + b"Content-Length: 9\r\n\r\n" + BODY) as server:
        task = asyncio.create_task(ask(pool, server.url))
        await until(lambda: bool(server.requests and server.requests[0]))
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        await until(lambda: server.closed > 0)
    assert not pool._all


async def test_a_request_that_takes_too_long_closes_its_connection(pool: ConnectionPool) -> None:
    async with scripted(OK + b"Content-Length: 9\r\n\r\n" + BODY) as server:
        with pytest.raises(TimeoutError):
            await ask(pool, server.url, timeout=0.05)
        await until(lambda: server.closed > 0)


async def test_a_request_that_is_cancelled_when_its_reply_is_there_disturbs_no_other(
    pool: ConnectionPool,
) -> None:
    async with scripted(WHOLE) as server:
        await ask(pool, server.url)
        (connection,) = pool._all
        task = asyncio.create_task(ask(pool, server.url))
        await until(lambda: connection._waiter is not None)
        waiter = connection._waiter
        assert waiter is not None
        # Runs before the task: the connection is idle, and another request may take it.
        waiter.add_done_callback(lambda _: task.cancel())
        with contextlib.suppress(asyncio.CancelledError):
            await task
        assert (await ask(pool, server.url)).body == BODY
    assert [len(requests) for requests in server.requests] == [3]

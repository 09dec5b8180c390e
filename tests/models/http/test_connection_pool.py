"""Protects which connection a request gets, how one is opened, and that all of them are closed."""

from __future__ import annotations

import asyncio
import contextlib
import shutil
import socket
import ssl
import subprocess
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from distilabel.models.http import connection, connection_pool
from distilabel.models.http.connection_pool import ConnectionPool
from distilabel.models.http.reply import ConnectFailedError, ConnectTimeoutError, Reply
from distilabel.models.http.request_head import build_head
from raw_server import raw_server, until

SENT = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"


class Echo:
    """A server that counts connections."""

    def __init__(self) -> None:
        self.connections = 0

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.connections += 1
        while True:
            await reader.readuntil(b"\r\n\r\n")
            writer.write(SENT)


@pytest.fixture
async def pool() -> AsyncIterator[ConnectionPool]:
    pool = ConnectionPool()
    yield pool
    await pool.close()


@contextlib.asynccontextmanager
async def echoing(host: str = "127.0.0.1", **options: Any) -> AsyncIterator[tuple[Echo, int]]:
    echo = Echo()
    async with raw_server(echo.serve, host, **options) as address:
        yield echo, int(address.rpartition(":")[2])


async def ask(pool: ConnectionPool, url: str, method: str = "POST", timeout: float = 5) -> Reply:
    head = build_head(method, url, {})
    assert head is not None
    return await pool.send(
        head, None, timeout=timeout, connect_timeout=timeout, most=100, reuse=method == "POST"
    )


async def test_requests_to_one_server_share_a_connection(pool: ConnectionPool) -> None:
    async with echoing() as (one, port), echoing() as (other, other_port):
        for path in ("a", "b", "a"):
            await ask(pool, f"http://127.0.0.1:{port}/{path}")
            await ask(pool, f"http://127.0.0.1:{other_port}/{path}")
    assert one.connections == other.connections == 1


async def test_a_connection_that_was_idle_for_long_is_not_used_again(
    pool: ConnectionPool, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The server may be closing it: a request that is sent then is lost."""
    monkeypatch.setattr(connection, "IDLE_SECONDS", 0.02)
    monkeypatch.setattr(connection_pool, "_CLEAN_SECONDS", 0.02)
    async with echoing() as (echo, port):
        await ask(pool, f"http://127.0.0.1:{port}/")
        await asyncio.sleep(0.03)
        await ask(pool, f"http://127.0.0.1:{port}/")
        assert echo.connections == 2
        await until(lambda: not pool._all)


def test_the_idle_limit_is_below_those_of_servers() -> None:
    """Uvicorn, which vLLM and SGLang run on, closes an idle connection after five seconds."""
    assert connection._idle_seconds({}) < 5
    for seconds in (2, 5, 20):
        named = {b"keep-alive": b"timeout=%d, max=100" % seconds}
        assert 0 < connection._idle_seconds(named) < seconds
    assert connection._idle_seconds({b"keep-alive": b"timeout=3600"}) == 30


async def test_a_get_is_never_sent_over_a_connection_that_may_be_closing(
    pool: ConnectionPool,
) -> None:
    """A run ends if the list of models cannot be read; a POST is sent again by its caller."""
    async with echoing() as (echo, port):
        for _ in range(3):
            await ask(pool, f"http://127.0.0.1:{port}/v1/models", "GET")
        assert echo.connections == 3
        await ask(pool, f"http://127.0.0.1:{port}/v1/models")
        assert echo.connections == 3


async def test_a_connection_that_the_server_closes_is_forgotten(pool: ConnectionPool) -> None:
    async with echoing() as (_, port):
        await ask(pool, f"http://127.0.0.1:{port}/")
        (open_one,) = pool._all
        assert open_one._transport is not None
        open_one.eof_received()
        open_one._transport.close()
        await open_one.lost
        assert not pool._all
        assert not pool._origins
        assert not any(pool._idle.values())
        await ask(pool, f"http://127.0.0.1:{port}/")


async def test_nobody_listening_is_told_from_a_lost_reply(pool: ConnectionPool) -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    with pytest.raises(ConnectFailedError) as caught:
        await ask(pool, f"http://127.0.0.1:{port}/")
    assert isinstance(caught.value.__cause__, ConnectionRefusedError)


async def test_an_unknown_host_is_looked_up_once_for_all_and_again_later(
    pool: ConnectionPool, monkeypatch: pytest.MonkeyPatch
) -> None:
    lookups = 0

    async def fails(*args: Any, **kwargs: Any) -> Any:
        nonlocal lookups
        lookups += 1
        await asyncio.sleep(0.01)
        raise socket.gaierror(-2, "Name or service not known")

    monkeypatch.setattr(asyncio.get_running_loop(), "getaddrinfo", fails)
    for times in (1, 2):
        asked = [ask(pool, "http://model.example/v1") for _ in range(5)]
        for error in await asyncio.gather(*asked, return_exceptions=True):
            assert isinstance(error, ConnectFailedError)
        assert lookups == times


async def test_a_lookup_that_takes_too_long_was_not_charged(
    pool: ConnectionPool, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def hangs(*args: Any, **kwargs: Any) -> Any:
        await asyncio.sleep(60)

    monkeypatch.setattr(asyncio.get_running_loop(), "getaddrinfo", hangs)
    with pytest.raises(ConnectTimeoutError):
        await ask(pool, "http://model.example/v1", timeout=0.02)


async def test_the_next_address_is_tried_if_the_first_refuses(
    pool: ConnectionPool, monkeypatch: pytest.MonkeyPatch
) -> None:
    """`localhost` is `::1` first on many machines, where most servers do not listen."""
    async with echoing() as (echo, port):

        async def both(*args: Any, **kwargs: Any) -> Any:
            kinds = (socket.SOCK_STREAM, socket.IPPROTO_TCP, "")
            return [
                (socket.AF_INET, *kinds, ("127.0.0.2", port)),
                (socket.AF_INET, *kinds, ("127.0.0.1", port)),
            ]

        monkeypatch.setattr(asyncio.get_running_loop(), "getaddrinfo", both)
        assert (await ask(pool, f"http://localhost:{port}/")).body == b"ok"
    assert echo.connections == 1


async def test_an_ipv6_address_is_reached(pool: ConnectionPool) -> None:
    if not socket.has_ipv6:
        pytest.skip("no IPv6")
    try:
        with socket.socket(socket.AF_INET6) as probe:
            probe.bind(("::1", 0))
    except OSError:
        pytest.skip("no IPv6 address")
    async with echoing("::1") as (_, port):
        assert (await ask(pool, f"http://[::1]:{port}/v1")).body == b"ok"


async def test_closing_waits_until_all_connections_are_closed() -> None:
    pool = ConnectionPool()
    async with echoing() as (_, port):
        await asyncio.gather(*[ask(pool, f"http://127.0.0.1:{port}/") for _ in range(3)])
        opened = list(pool._all)
        assert len(opened) == 3
        await pool.close()
        assert all(each.lost.done() for each in opened)


# -- TLS ----------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """A certificate for `localhost` that nobody has signed, and its key."""
    if shutil.which("openssl") is None:
        pytest.skip("no openssl")
    folder = tmp_path_factory.mktemp("tls")
    files = (folder / "certificate.pem", folder / "key.pem")
    options = "req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 2"
    command = ["openssl", *options.split(), "-subj", "/CN=localhost"]
    command += ["-addext", "subjectAltName=DNS:localhost"]
    command += ["-out", str(files[0]), "-keyout", str(files[1])]
    subprocess.run(command, check=True, capture_output=True)
    return files


@pytest.fixture
def names() -> list[str | None]:
    """The server names that clients have asked for."""
    return []


@pytest.fixture
def server_tls(certificate: tuple[Path, Path], names: list[str | None]) -> ssl.SSLContext:
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(*certificate)
    context.sni_callback = lambda _, name, __: names.append(name)
    return context


@pytest.fixture
def trusted(certificate: tuple[Path, Path], monkeypatch: pytest.MonkeyPatch) -> None:
    """Trusts the certificate, as an administrator would."""
    connection_pool._tls.cache_clear()
    monkeypatch.setenv("SSL_CERT_FILE", str(certificate[0]))


@pytest.fixture(autouse=True)
def _other_settings() -> Any:
    yield
    connection_pool._tls.cache_clear()


@pytest.mark.usefixtures("trusted")
async def test_tls_names_the_server_and_keeps_the_connection(
    pool: ConnectionPool, server_tls: ssl.SSLContext, names: list[str | None]
) -> None:
    async with echoing(ssl=server_tls) as (echo, port):
        for _ in range(2):
            assert (await ask(pool, f"https://localhost:{port}/")).body == b"ok"
        assert echo.connections == 1
        assert names == ["localhost"]


async def test_a_certificate_that_nobody_vouches_for_is_rejected(
    pool: ConnectionPool, server_tls: ssl.SSLContext
) -> None:
    async with echoing(ssl=server_tls) as (_, port):
        with pytest.raises(ConnectFailedError) as caught:
            await ask(pool, f"https://localhost:{port}/")
    assert isinstance(caught.value.__cause__, ssl.SSLCertVerificationError)


@pytest.mark.usefixtures("trusted")
async def test_a_certificate_of_another_host_is_rejected(
    pool: ConnectionPool, server_tls: ssl.SSLContext
) -> None:
    async with echoing(ssl=server_tls) as (_, port):
        with pytest.raises(ConnectFailedError, match="not valid for"):
            await ask(pool, f"https://127.0.0.1:{port}/")

"""Protects how the HTTP client handles failing networks, over real sockets."""

from __future__ import annotations

import asyncio
import contextlib
import socket
import subprocess
import sys
import zlib
from typing import Any

import pytest
from aiohttp import web

from distilabel._simulated.answers.faults import Faults
from distilabel._simulated.server.server import running
from distilabel._simulated.server.settings import Settings
from distilabel.errors import AnswerError
from distilabel.models.http import transport
from endpoint import Endpoint
from serving import reply, serving

pytestmark = pytest.mark.usefixtures("transport_kind", "client")

QUESTION = b'{"model": "m", "messages": [{"role": "user", "content": "x"}]}'
HEADERS = {"Authorization": "Bearer sk-secret-secret", "Content-Type": "application/json"}


async def asked(fault: str, timeout: float = 5) -> AnswerError:
    async with running(Settings(faults=Faults.parse({fault: 1.0}))) as url:
        with pytest.raises(AnswerError) as caught:
            await transport.send(
                "POST",
                f"{url}/v1/chat/completions",
                body=QUESTION,
                headers=HEADERS,
                timeout=timeout,
            )
    assert "secret" not in str(caught.value)
    assert url in str(caught.value)
    return caught.value


async def test_a_reply_is_given_as_it_is_whatever_its_status() -> None:
    async with serving(reply({"a": 1}, 418, X_Some="thing")) as server:
        got = await transport.send("POST", f"{server.url}/x", body=b"{}", headers=HEADERS)
    assert (got.status, got.body, got.headers["x-some"]) == (418, b'{"a": 1}', "thing")
    assert server.headers["Authorization"] == HEADERS["Authorization"]


@pytest.mark.parametrize("fault", ["drop", "reset"])
async def test_a_lost_connection_may_be_tried_again(fault: str) -> None:
    error = await asked(fault)
    assert error.retryable
    assert not error.overloaded


async def test_no_answer_in_time_is_load() -> None:
    error = await asked("hang", timeout=0.25)
    assert error.retryable
    assert error.overloaded
    assert "within 0.25 s" in str(error)


async def test_a_server_that_is_down_may_be_tried_again() -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    with pytest.raises(AnswerError) as caught:
        await transport.send("GET", f"http://127.0.0.1:{port}/v1/models")
    assert caught.value.retryable
    assert caught.value.overloaded


@pytest.mark.parametrize(
    "url", ["not an address", "http://", "localhost:8080/v1", "ftp://x/y", "http://["]
)
async def test_an_invalid_url_is_not_tried_again(url: str) -> None:
    with pytest.raises(AnswerError) as caught:
        await transport.send("GET", url)
    assert not caught.value.retryable


async def test_each_loop_has_one_client_and_closes_it() -> None:
    async with serving({"a": 1}) as server:
        await transport.send("POST", server.url, body=b"{}")
        client = transport._client()
        await transport.send("POST", server.url, body=b"{}")
        assert transport._client() is client
        await transport.close()
        await transport.send("POST", server.url, body=b"{}")
        assert transport._client() is not client


async def test_a_cancelled_request_leaves_nothing_behind() -> None:
    async with running(Settings(faults=Faults.parse({"hang": 1.0}))) as url:
        task = asyncio.create_task(
            transport.send("POST", f"{url}/v1/chat/completions", body=QUESTION, headers=HEADERS)
        )
        await asyncio.sleep(0.05)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        stats = await transport.send("GET", f"{url}/stats")
        assert b'"by_status"' in stats.body


def test_a_program_without_a_pipeline_exits_without_warnings() -> None:
    """Standalone questions use a loop that is never stopped; its session is closed anyway."""
    program = (
        "import sys; from distilabel.models import OpenAILLM\n"
        "llm = OpenAILLM(model='m', api_key='k', base_url=sys.argv[1]); llm.load()\n"
        "llm.generate(inputs=[[{'role': 'user', 'content': 'Hello!'}]])\n"
    )
    endpoint = Endpoint(Settings())
    try:
        done = subprocess.run(
            [sys.executable, "-W", "always", "-c", program, endpoint.url],
            capture_output=True,
            text=True,
            timeout=60,
            check=True,
        )
    finally:
        endpoint.close()
    assert done.stderr == ""


@pytest.mark.parametrize("fault", ["drop", "reset"])
async def test_a_reply_that_is_lost_may_have_been_charged(fault: str) -> None:
    assert (await asked(fault)).lost


async def test_a_request_that_was_not_answered_in_time_may_have_been_charged() -> None:
    assert (await asked("hang", timeout=0.25)).lost


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
async def test_a_redirect_to_another_origin_carries_no_request_there(status: int) -> None:
    """The key and the prompt are for the endpoint that the user named: not for another port."""
    headers = {**HEADERS, "x-api-key": "sk-ant-secret", "api-key": "azure-secret"}
    async with serving({"a": 1}) as other:
        for location in (f"{other.url}/x", f"//{other.url.removeprefix('http://')}/x"):
            async with serving(reply({}, status, Location=location)) as server:
                for method in ("POST", "GET"):
                    got = await transport.send(method, server.url, body=b"{}", headers=headers)
                    assert got.status == (status if method == "POST" else 200)
        assert other.seen == []


@pytest.mark.parametrize("status", [307, 308])
@pytest.mark.parametrize("location", ["/new", "new?a=b", "{url}/new", "{user}/new"])
async def test_a_redirect_within_the_origin_keeps_the_request(status: int, location: str) -> None:
    async def answer(request: Any) -> Any:
        if request.path == "/old":
            return reply({}, status, Location=location.format(url=server.url, user=user))
        return reply({"a": 1})

    async with serving(answer) as server:
        user = server.url.replace("http://", "http://user:password@")
        got = await transport.send("POST", f"{server.url}/old", body=b"[1]", headers=HEADERS)
        assert (got.status, server.seen[-1]) == (200, ("/new", [1]))
        assert server.headers["Authorization"] == HEADERS["Authorization"]


async def test_redirects_in_a_circle_end() -> None:
    async with serving(reply({}, 308, Location="/again")) as server:
        got = await transport.send("POST", f"{server.url}/x", body=b"{}")
        assert got.status == 308
        assert len(server.seen) == transport._MOST_REDIRECTS


@pytest.mark.parametrize("location", ["", "http://[", "javascript:alert(1)", "file:///etc/passwd"])
async def test_a_redirect_to_nowhere_is_the_reply(location: str) -> None:
    async with serving(reply({}, 307, Location=location)) as server:
        assert (await transport.send("POST", server.url, body=b"{}")).status == 307


@pytest.mark.parametrize(
    ("other", "same"),
    [
        ("https://a.com:443/y", True),
        ("https://A.com/y", True),
        ("https://user@a.com/y", True),
        ("http://a.com/y", False),
        ("https://a.com:444/y", False),
        ("https://b.a.com/y", False),
        ("https://a.com.b.com/y", False),
        ("https://a.com@b.com/y", False),
    ],
)
def test_an_origin_is_scheme_host_and_port(other: str, same: bool) -> None:
    assert transport.is_same_origin("https://a.com/x", other) is same


def _endless(first: bytes, part: bytes, **headers: str) -> Any:
    async def answer(request: web.Request) -> web.StreamResponse:
        response = web.StreamResponse(status=int(headers.pop("status", "200")), headers=headers)
        await response.prepare(request)
        await response.write(first)
        with contextlib.suppress(ConnectionError):
            while True:
                await response.write(part)
        return response

    return answer


_BOMB = zlib.compressobj(wbits=31)
_FIRST = _BOMB.compress(bytes(2**20)) + _BOMB.flush(zlib.Z_SYNC_FLUSH)
_NEXT = _BOMB.compress(bytes(2**20)) + _BOMB.flush(zlib.Z_SYNC_FLUSH)


@pytest.mark.parametrize(
    "answer",
    [
        _endless(b'{"id": "', b"x" * 65536),
        _endless(b'{"error": "', b"x" * 65536, status="400"),
        _endless(b"data: {}\n\n", b"data: {}\n\n" * 4096, **{"Content-Type": "text/event-stream"}),
        _endless(_FIRST, _NEXT, **{"Content-Encoding": "gzip"}),
    ],
    ids=["reply", "error", "events", "gzip"],
)
async def test_a_reply_without_end_is_given_up_at_the_limit(answer: Any) -> None:
    async with serving(answer) as server:
        with pytest.raises(AnswerError, match=r"larger than 4 MiB.*MAX_REPLY_BYTES") as caught:
            await transport.send("POST", server.url, body=b"{}", max_bytes=4 * 2**20)
    assert caught.value.lost
    assert not caught.value.retryable


async def test_a_reply_of_the_limit_is_read_whole() -> None:
    text = "x" * 2**20
    async with serving(text) as server:
        got = await transport.send("POST", server.url, body=b"{}", max_bytes=2**20 + 2)
        assert len(got.body) == 2**20 + 2


async def test_headers_without_end_are_given_up() -> None:
    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(b"HTTP/1.1 200 OK\r\n")
        with contextlib.suppress(ConnectionError):
            while True:
                writer.write(b"X-More: 1\r\n" * 1000)
                await writer.drain()

    server = await asyncio.start_server(answer, "127.0.0.1", 0)
    url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
    with pytest.raises(AnswerError):
        await transport.send("POST", url, body=b"", timeout=30)
    server.close()


async def test_a_connection_that_is_not_accepted_in_time_was_not_charged() -> None:
    """A full backlog: the server answers no handshake, so that nothing was sent."""
    with socket.socket() as full:
        full.bind(("127.0.0.1", 0))
        full.listen(0)
        host, port = full.getsockname()
        waiting = [socket.socket() for _ in range(4)]
        for each in waiting:
            each.setblocking(False)
            each.connect_ex((host, port))
        with pytest.raises(AnswerError, match="did not accept a connection") as caught:
            await transport.send("POST", f"http://{host}:{port}", body=b"{}", timeout=0.2)
        for each in waiting:
            each.close()
    assert caught.value.retryable
    assert not caught.value.lost


async def test_hundreds_of_requests_are_in_flight_at_a_time() -> None:
    count, here, all_here = 110, 0, asyncio.Event()

    async def together(request: web.Request) -> web.StreamResponse:
        nonlocal here
        here += 1
        if here == count:
            all_here.set()
        await all_here.wait()
        return reply({})

    async with serving(together) as server:
        sent = (transport.send("POST", server.url, body=b"{}", timeout=20) for _ in range(count))
        assert {got.status for got in await asyncio.gather(*sent)} == {200}


async def test_cookies_are_not_sent_back() -> None:
    async with serving(reply({}, Set_Cookie="session=1; Path=/")) as server:
        # Cookies of an address without a name are not kept in any case.
        url = server.url.replace("127.0.0.1", "localhost")
        for _ in range(2):
            await transport.send("POST", url, body=b"{}")
    assert len(server.seen) == 2
    assert "Cookie" not in server.headers


async def test_a_proxy_is_used_unless_the_address_is_excepted(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    for name in ("http_proxy", "HTTP_PROXY", "no_proxy", "NO_PROXY", "all_proxy", "ALL_PROXY"):
        monkeypatch.delenv(name, raising=False)
    async with serving(reply({"by": "proxy"})) as proxy, serving(reply({"by": "host"})) as host:
        monkeypatch.setenv("http_proxy", proxy.url)
        there = await transport.send("POST", "http://model.example/v1", body=b"{}")
        assert there.body == b'{"by": "proxy"}'
        monkeypatch.setenv("no_proxy", "127.0.0.1")
        await transport.close()
        assert (await transport.send("POST", host.url, body=b"{}")).body == b'{"by": "host"}'

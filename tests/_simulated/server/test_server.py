"""Protects how a server starts and stops."""

import socket

import aiohttp
import pytest

from distilabel._simulated.server.server import running
from distilabel._simulated.server.settings import Settings


async def test_it_answers_at_its_url_and_is_gone_after() -> None:
    async with aiohttp.ClientSession() as session:
        async with running(Settings()) as url, session.get(f"{url}/health") as response:
            assert response.status == 200
        with pytest.raises(aiohttp.ClientConnectionError):
            await session.get(f"{url}/health")


@pytest.mark.skipif(not socket.has_ipv6, reason="needs IPv6")
async def test_the_url_of_an_ipv6_address_has_brackets() -> None:
    try:
        async with running(Settings(), host="::1") as url:
            assert url.startswith("http://[::1]:")
    except OSError:
        pytest.skip("IPv6 is off")


async def test_a_port_in_use_is_an_error() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        with pytest.raises(OSError, match=str(port)):
            async with running(Settings(), port=port):
                pass

"""A client of the simulated server, and a server for one test."""

from __future__ import annotations

import contextlib
import json
from collections.abc import AsyncIterator
from typing import Any

import aiohttp

from distilabel._simulated.server.server import running
from distilabel._simulated.server.settings import Settings


class Client:
    """A client of one server.

    Args:
        url: of the server.
        session: to send requests with.
        key: API key to send, if any.
    """

    def __init__(self, url: str, session: aiohttp.ClientSession, key: str | None = None) -> None:
        self._url = url
        self._session = session
        self._headers = {"Authorization": f"Bearer {key}"} if key else {}

    def with_key(self, key: str | None) -> Client:
        """Returns a client that sends another API key."""
        return Client(self._url, self._session, key)

    async def send(self, method: str, path: str, **options: Any) -> tuple[int, str, Any]:
        """Sends a request and returns the status, the body and the headers of the response."""
        request = self._session.request(method, self._url + path, headers=self._headers, **options)
        async with request as response:
            return response.status, await response.text(), response.headers

    async def post(self, path: str, body: Any) -> tuple[int, Any, Any]:
        """Posts JSON and returns the status, the parsed body and the headers of the response."""
        status, text, headers = await self.send("POST", path, json=body)
        return status, json.loads(text), headers

    async def get(self, path: str) -> tuple[int, Any]:
        """Returns the status and the parsed body of a response."""
        status, text, _ = await self.send("GET", path)
        return status, json.loads(text)

    async def chat(self, text: str = "Explain tides.", /, **options: Any) -> Any:
        """Returns the completion of a chat of one message."""
        messages = [{"role": "user", "content": text}]
        body = {"model": "m", "messages": messages, **options}
        status, reply, _ = await self.post("/v1/chat/completions", body)
        assert status == 200, reply
        return reply

    async def stats(self) -> Any:
        """Returns the counts of the server."""
        return (await self.get("/stats"))[1]


@contextlib.asynccontextmanager
async def serving(key: str | None = None, **settings: Any) -> AsyncIterator[Client]:
    """Runs a server with the given settings and yields a client of it."""
    async with running(Settings(**settings)) as url, aiohttp.ClientSession() as session:
        yield Client(url, session, key)

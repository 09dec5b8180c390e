"""Runs the simulated endpoint in a thread, for synchronous tests."""

from __future__ import annotations

import asyncio
import threading
from typing import Any

import aiohttp

from distilabel._simulated.server.server import running
from distilabel._simulated.server.settings import Settings


class Endpoint:
    """The simulated endpoint in its own thread."""

    def __init__(self, settings: Settings) -> None:
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, daemon=True)
        self._thread.start()
        self._server = running(settings)
        self.url = self._do(self._server.__aenter__()) + "/v1"

    def _do(self, coroutine: Any) -> Any:
        return asyncio.run_coroutine_threadsafe(coroutine, self._loop).result(30)

    async def _get(self, path: str) -> Any:
        async with (
            aiohttp.ClientSession() as session,
            session.get(self.url.removesuffix("/v1") + path) as reply,
        ):
            return await reply.json()

    def stats(self) -> Any:
        """Returns its counters."""
        return self._do(self._get("/stats"))

    def billed(self) -> float:
        """Returns the US dollars it has charged so far."""
        return float(sum(bill["cost"] for bill in self.stats()["billed"].values()))

    def asked(self) -> int:
        """Returns the number of requests it has answered so far."""
        return int(self.stats()["answered"])

    def close(self) -> None:
        self._do(self._server.__aexit__(None, None, None))
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()

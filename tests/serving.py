"""A small server whose replies a test writes itself, for what the simulated one does not do."""

from __future__ import annotations

import contextlib
import json
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass, field
from typing import Any

from aiohttp import web

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]


@dataclass
class Server:
    """Where it is, and what it was sent: path and body, and the headers of the last request."""

    url: str
    seen: list[tuple[str, Any]] = field(default_factory=list)
    headers: dict[str, str] = field(default_factory=dict)

    @property
    def bodies(self) -> list[Any]:
        return [body for _, body in self.seen]

    @property
    def paths(self) -> list[str]:
        return [path for path, _ in self.seen]


def reply(data: Any, status: int = 200, **headers: str) -> web.Response:
    """A reply in JSON."""
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return web.json_response(data, status=status, headers=named)


def said(*texts: str | None, **more: Any) -> dict[str, Any]:
    """A chat completion."""
    choices = [{"message": {"content": text}, "finish_reason": "stop"} for text in texts]
    return {"choices": choices, "usage": {"prompt_tokens": 3, "completion_tokens": 5}, **more}


@contextlib.asynccontextmanager
async def serving(*replies: Any, models: tuple[str, ...] = ("m",)) -> AsyncIterator[Server]:
    """Runs a server.

    Args:
        replies: to POST requests, one after the other, the last one for ever: responses, data, or
            functions of the request.
        models: what GET `/v1/models` lists.
    """
    left = list(replies)
    server = Server("")

    async def answer(request: web.Request) -> web.StreamResponse:
        raw = await request.read()
        server.headers = dict(request.headers)
        server.seen.append((request.path, json.loads(raw) if raw else None))
        if request.method == "GET":
            return reply({"data": [{"id": name} for name in models]})
        what = left.pop(0) if len(left) > 1 else left[0]
        if isinstance(what, web.Response):
            # A response can be sent once only.
            return web.Response(body=what.body, status=what.status, headers=what.headers)
        if callable(what):
            response: web.StreamResponse = await what(request)
            return response
        return reply(what)

    app = web.Application(client_max_size=2**26)
    app.router.add_route("*", "/{path:.*}", answer)
    runner = web.AppRunner(app, access_log=None, handler_cancellation=True, shutdown_timeout=0.2)
    await runner.setup()
    try:
        await web.TCPSite(runner, "127.0.0.1", 0).start()
        server.url = f"http://127.0.0.1:{runner.addresses[0][1]}"
        yield server
    finally:
        await runner.cleanup()

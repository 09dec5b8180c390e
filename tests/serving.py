"""A small server with scripted replies, for what the simulated endpoint does not do."""

from __future__ import annotations

import asyncio
import contextlib
import json
import threading
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

from aiohttp import web

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]


@dataclass
class Server:
    """The address, and what was sent: paths and bodies, and the headers of the last request."""

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
    """Returns a JSON response."""
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return web.json_response(data, status=status, headers=named)


def said(*texts: str | None, **more: Any) -> dict[str, Any]:
    """Returns a chat completion."""
    choices = [{"message": {"content": text}, "finish_reason": "stop"} for text in texts]
    return {"choices": choices, "usage": {"prompt_tokens": 3, "completion_tokens": 5}, **more}


@contextlib.asynccontextmanager
async def serving(
    *replies: Any, models: tuple[str, ...] = ("m",), port: int = 0
) -> AsyncIterator[Server]:
    """Runs a server.

    Args:
        replies: Replies to POST requests, one after another; the last one is repeated. Responses,
            data, or functions of the request.
        models: Models listed by GET `/v1/models`.
        port: Port to listen on; 0 picks a free one.
    """
    left = list(replies)
    server = Server("")

    async def answer(request: web.Request) -> web.StreamResponse:
        raw = await request.read()
        server.headers = dict(request.headers)
        server.seen.append((request.path, json.loads(raw) if raw else None))
        if request.method == "GET":
            one = request.path.partition("/models/")[2]
            if one and one not in models:
                return reply({"error": {"message": "no such model"}}, 404)
            return reply({"data": [{"id": name} for name in models]})
        what = left.pop(0) if len(left) > 1 else left[0]
        if isinstance(what, web.Response):
            # A response can be sent only once.
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
        await web.TCPSite(runner, "127.0.0.1", port).start()
        server.url = f"http://127.0.0.1:{runner.addresses[0][1]}"
        yield server
    finally:
        await runner.cleanup()


@contextlib.contextmanager
def served(*replies: Any, **options: Any) -> Iterator[Server]:
    """Runs a server in a thread, for tests that are not coroutines. Arguments as for `serving`."""
    loop = asyncio.new_event_loop()
    thread = threading.Thread(target=loop.run_forever, daemon=True)
    thread.start()
    running = serving(*replies, **options)

    def do(coroutine: Any) -> Any:
        return asyncio.run_coroutine_threadsafe(coroutine, loop).result(30)

    try:
        yield do(running.__aenter__())
    finally:
        do(running.__aexit__(None, None, None))
        # The loop releases closed connections in its next iterations; clients would hang otherwise.
        do(_last_rounds())
        loop.call_soon_threadsafe(loop.stop)
        thread.join()
        loop.close()


async def _last_rounds() -> None:
    rest = asyncio.all_tasks() - {asyncio.current_task()}
    for task in rest:
        task.cancel()
    await asyncio.gather(*rest, return_exceptions=True)
    await asyncio.sleep(0.02)

"""Where a simulated server has its batch jobs: addresses to methods; knows no job."""

from collections.abc import Awaitable, Callable
from typing import Any

import orjson
from aiohttp import web

from distilabel._simulated.server.batch_jobs.anthropic import AnthropicJobRoutes
from distilabel._simulated.server.batch_jobs.job import Refusal
from distilabel._simulated.server.batch_jobs.openai import OpenAIJobRoutes
from distilabel._simulated.server.batch_jobs.settings import BatchSettings
from distilabel._simulated.server.wire_formats.anthropic import Messages
from distilabel._simulated.server.wire_formats.openai import ChatCompletions, Dialect

Handle = Callable[[web.Request], Awaitable[object]]
Guard = Callable[[Handle, Dialect], Callable[[web.Request], Awaitable[web.StreamResponse]]]


def add_batches(
    app: web.Application,
    prefix: str,
    batches: OpenAIJobRoutes,
    guard: Guard,
    how: Callable[[], BatchSettings],
) -> None:
    """Adds OpenAI's files and batches.

    Args:
        app: to add them to.
        prefix: of their addresses.
        batches: what is there.
        guard: lets in whoever may come in.
        how: gives how a new job goes.
    """

    def add(method: str, path: str, handle: Handle) -> None:
        app.router.add_route(method, f"{prefix}/{path}", guard(handle, ChatCompletions()))

    async def create(request: web.Request) -> object:
        return batches.create(await _body(request), how)

    async def listed(request: web.Request) -> object:
        return batches.listed(request.query.get("after"), int(request.query.get("limit", "20")))

    add("POST", "files", batches.upload)
    add("GET", "files/{id}", _named(batches.file))
    add("GET", "files/{id}/content", _named(batches.content))
    add("POST", "batches", create)
    add("GET", "batches", listed)
    add("GET", "batches/{id}", _named(batches.retrieve))
    add("POST", "batches/{id}/cancel", _named(batches.cancel))


def add_message_batches(
    app: web.Application,
    prefix: str,
    batches: AnthropicJobRoutes,
    guard: Guard,
    how: Callable[[], BatchSettings],
) -> None:
    """Adds Anthropic's message batches; the arguments are those of `add_batches`."""

    def add(method: str, path: str, handle: Handle) -> None:
        path = f"{prefix}/messages/batches{path}"
        app.router.add_route(method, path, guard(handle, Messages()))

    async def create(request: web.Request) -> object:
        return batches.create(await _body(request), how)

    async def listed(request: web.Request) -> object:
        return batches.listed(request.query.get("after_id"), int(request.query.get("limit", "20")))

    add("POST", "", create)
    add("GET", "", listed)
    add("GET", "/{id}", _named(batches.retrieve))
    add("GET", "/{id}/results", _named(batches.results))
    add("POST", "/{id}/cancel", _named(batches.cancel))


def _named(show: Callable[[str], object]) -> Handle:
    async def handle(request: web.Request) -> object:
        return show(request.match_info["id"])

    return handle


async def _body(request: web.Request) -> dict[str, Any]:
    try:
        body = orjson.loads(await request.read())
    except orjson.JSONDecodeError as error:
        raise Refusal(400, f"the request's body is not JSON: {error}") from None
    if not isinstance(body, dict):
        raise Refusal(400, "the request's body must be a JSON object")
    return body

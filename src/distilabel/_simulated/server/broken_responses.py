"""Sends responses that break off or arrive slowly."""

import asyncio
from collections.abc import Mapping

from aiohttp import web

from distilabel._simulated.answers.faults import SLOW_SECONDS

_SLOW_PIECES = 20


def drop(request: web.Request) -> web.StreamResponse:
    """Closes the connection before anything is sent."""
    _close(request)
    # The framework requires a response, which is never sent.
    return web.Response()


async def reset(
    request: web.Request, body: bytes, headers: Mapping[str, str]
) -> web.StreamResponse:
    """Sends half of the body, then closes the connection."""
    response = await _start(request, body, headers)
    await response.write(body[: len(body) // 2])
    _close(request)
    return response


async def send_slowly(
    request: web.Request, body: bytes, headers: Mapping[str, str]
) -> web.StreamResponse:
    """Sends the body in small pieces over `SLOW_SECONDS`."""
    response = await _start(request, body, headers)
    size = -(-len(body) // _SLOW_PIECES)
    for start in range(0, len(body), size):
        await asyncio.sleep(SLOW_SECONDS / _SLOW_PIECES)
        await response.write(body[start : start + size])
    return response


async def _start(
    request: web.Request, body: bytes, headers: Mapping[str, str]
) -> web.StreamResponse:
    response = web.StreamResponse(headers=headers)
    response.content_length = len(body)
    await response.prepare(request)
    return response


def _close(request: web.Request) -> None:
    if request.transport is not None:
        request.transport.close()

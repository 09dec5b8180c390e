"""A server that says what a test wants, byte by byte."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any

Handler = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]


@contextlib.asynccontextmanager
async def raw_server(
    handler: Handler, host: str = "127.0.0.1", **options: Any
) -> AsyncIterator[str]:
    """Runs a server; yields its host and port, for a URL.

    Args:
        handler: Serves one connection, which is closed when it returns.
        host: Address to listen on.
        options: Options of `asyncio.start_server`.
    """
    tasks: set[asyncio.Task[Any]] = set()

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        tasks.add(task)
        try:
            with contextlib.suppress(
                asyncio.IncompleteReadError, ConnectionError, asyncio.CancelledError
            ):
                await handler(reader, writer)
                # Sends what is buffered, unless the client has gone.
                await writer.drain()
                writer.close()
                await writer.wait_closed()
        finally:
            writer.transport.abort()

    server = await asyncio.start_server(serve, host, 0, **options)
    port = server.sockets[0].getsockname()[1]
    try:
        yield f"[{host}]:{port}" if ":" in host else f"{host}:{port}"
    finally:
        server.close()
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        # The loop closes the sockets in its next iterations.
        for _ in range(3):
            await asyncio.sleep(0)


async def until(condition: Callable[[], bool]) -> None:
    """Waits until a condition holds, which is checked in every turn of the loop."""
    async with asyncio.timeout(30):
        while not condition():  # noqa: ASYNC110 (nothing tells when it does)
            await asyncio.sleep(0)

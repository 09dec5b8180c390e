"""Runs the simulated server, in the current event loop or as a process of its own."""

import asyncio
import contextlib
import signal
from collections.abc import AsyncIterator, Callable

from aiohttp import web

from distilabel._simulated.server.application import application
from distilabel._simulated.server.settings import Settings

_SHUTDOWN_SECONDS = 0.5


@contextlib.asynccontextmanager
async def running(settings: Settings, host: str = "127.0.0.1", port: int = 0) -> AsyncIterator[str]:
    """Runs a simulated server in the current event loop.

    Args:
        settings: Settings of the server.
        host: Address to listen on.
        port: Port to listen on; 0 picks a free one.

    Yields:
        URL of the server without a trailing slash. All paths work with and without `/v1`.

    Raises:
        OSError: The port is in use, or the replay file cannot be read.
        ValueError: The replay file is not valid.
    """
    runner = web.AppRunner(
        application(settings),
        access_log=None,
        # Without this, a request that hangs by design would outlive its client.
        handler_cancellation=True,
        shutdown_timeout=_SHUTDOWN_SECONDS,
    )
    await runner.setup()
    try:
        await web.TCPSite(runner, host, port).start()
        yield f"http://{_url_host(host)}:{runner.addresses[0][1]}"
    finally:
        await runner.cleanup()


def serve(settings: Settings, host: str, port: int, ready: Callable[[str], None]) -> None:
    """Runs a simulated server until Ctrl-C or SIGTERM.

    Args:
        settings: Settings of the server.
        host: Address to listen on.
        port: Port to listen on; 0 picks a free one.
        ready: Called with the URL of the server once it accepts requests.

    Raises:
        OSError: The port is in use, or the replay file cannot be read.
        ValueError: The replay file is not valid.
    """
    # Where the event loop supports no signal handlers, Ctrl-C raises KeyboardInterrupt.
    with contextlib.suppress(KeyboardInterrupt):
        asyncio.run(_serve(settings, host, port, ready))


async def _serve(settings: Settings, host: str, port: int, ready: Callable[[str], None]) -> None:
    stopped = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        with contextlib.suppress(NotImplementedError):
            loop.add_signal_handler(number, stopped.set)
    async with running(settings, host, port) as url:
        ready(url)
        await stopped.wait()


def _url_host(host: str) -> str:
    return f"[{host}]" if ":" in host else host

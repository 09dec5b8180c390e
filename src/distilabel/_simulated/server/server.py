"""Runs a simulated server, within a loop or as a process of its own; knows nothing of answers."""

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
    """Runs a simulated server in the current loop.

    Args:
        settings: How the server behaves.
        host: The address to listen on.
        port: The port to listen on; 0 for a free one.

    Yields:
        The URL of the server, without a slash at its end; `/v1` may follow or not.

    Raises:
        OSError: The port is taken, or the replay file cannot be read.
        ValueError: The replay file has another form.
    """
    runner = web.AppRunner(
        application(settings),
        access_log=None,
        # Else a request that hangs by design would live on after its client has left.
        handler_cancellation=True,
        shutdown_timeout=_SHUTDOWN_SECONDS,
    )
    await runner.setup()
    try:
        await web.TCPSite(runner, host, port).start()
        yield f"http://{_spelled(host)}:{runner.addresses[0][1]}"
    finally:
        await runner.cleanup()


def serve(settings: Settings, host: str, port: int, ready: Callable[[str], None]) -> None:
    """Runs a simulated server until Ctrl-C or SIGTERM.

    Args:
        settings: How the server behaves.
        host: The address to listen on.
        port: The port to listen on; 0 for a free one.
        ready: Called with the URL once the server answers.

    Raises:
        OSError: The port is taken, or the replay file cannot be read.
        ValueError: The replay file has another form.
    """
    # Where a loop takes no signal handlers, Ctrl-C comes as the interrupt itself.
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


def _spelled(host: str) -> str:
    return f"[{host}]" if ":" in host else host

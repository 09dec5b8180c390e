"""`ReviewServer`: serves the review pages from a thread, and stops."""

from __future__ import annotations

import asyncio
import contextlib
import socket
import threading
from collections.abc import Callable, Mapping
from typing import Any

from aiohttp import web

from distilabel.errors import DistilabelUserError
from distilabel.review.review import Review
from distilabel.review.server.app import make_app


class ReviewServer:
    """The pages of a review, served until `stop` is called or the program ends.

    Args:
        review: The review.
        tokens: Token → person.
        host: Address to listen on.
        port: Port; 0 for any.
        hosts: Further names of hosts under which the pages are reached.
        extend: Adds routes to the application.

    Raises:
        DistilabelUserError: The address cannot be used.

    Attributes:
        url: Address of the pages, with the token of the first person.
        urls: Person → address of the pages, with their token.
    """

    def __init__(
        self,
        review: Review,
        tokens: Mapping[str, str],
        host: str = "127.0.0.1",
        port: int = 0,
        hosts: frozenset[str] = frozenset(),
        extend: Callable[[web.Application], None] | None = None,
    ) -> None:
        self._review = review
        # At the same address, a browser finds its token and answers that it could not send.
        self._socket = _listen(host, port, review.file.port)
        number = review.file.port = self._socket.getsockname()[1]
        shown = f"[{host}]" if ":" in host else host
        base = f"http://{shown if host not in ('0.0.0.0', '::') else socket.gethostname()}:{number}"
        self.urls = {person: f"{base}/#t={token}" for token, person in tokens.items()}
        self.url = next(iter(self.urls.values()))
        self._app = make_app(review, tokens, hosts | {shown, socket.gethostname().lower()} - {""})
        if extend is not None:
            extend(self._app)
        self._loop: asyncio.AbstractEventLoop | None = None
        self._done: asyncio.Event | None = None
        self._ready = threading.Event()
        self._failure: Exception | None = None
        self._thread = threading.Thread(target=self._run, name="review-server", daemon=True)
        self._thread.start()
        self._ready.wait()

        if self._failure is not None:
            raise self._failure

    def _run(self) -> None:
        try:
            asyncio.run(self._serve())
        except Exception as error:  # noqa: BLE001 (told to whom waits for the server)
            self._failure = error
            self._socket.close()
        finally:
            self._ready.set()

    async def _serve(self) -> None:
        self._loop, self._done = asyncio.get_running_loop(), asyncio.Event()
        runner = web.AppRunner(
            self._app, access_log=None, handler_cancellation=True, shutdown_timeout=1
        )
        await runner.setup()
        await web.SockSite(runner, self._socket).start()
        self._review.start()
        self._ready.set()
        await self._done.wait()
        await runner.cleanup()
        self._review.close()

    def answers(self) -> list[dict[str, Any]]:
        """Returns the answers that count, as dicts with the columns of the review file."""
        found = []
        for table in self._review.tables.values():
            current = self._review.in_answers(table.log.current)
            found += [
                {
                    "source": table.name,
                    "uid": each.uid,
                    "position": table.ids.position(each.uid),
                    "annotator": each.annotator,
                    "question": each.question,
                    "unit": each.unit,
                    "value": each.value,
                    "judge": each.judge,
                    "at": each.at,
                }
                for each in current
                if each.status == "submitted"
            ]
        return found

    def stop(self) -> None:
        """Stops the server; answers that arrived are stored."""
        if self._loop is not None and self._done is not None and self._thread.is_alive():
            self._loop.call_soon_threadsafe(self._done.set)
        self._thread.join()

    def wait(self) -> None:
        """Waits until the server is stopped, or until Ctrl-C."""
        while self._thread.is_alive():
            self._thread.join(0.5)

    def __enter__(self) -> ReviewServer:
        return self

    def __exit__(self, *error: object) -> None:
        self.stop()


def _listen(host: str, port: int, usual: int) -> socket.socket:
    if port == 0 and usual:
        with contextlib.suppress(DistilabelUserError):
            return _listen(host, usual, 0)
    kind = socket.AF_INET6 if ":" in host else socket.AF_INET
    opened = socket.socket(kind, socket.SOCK_STREAM)
    try:
        opened.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        opened.bind((host, port))
        # Now, not in the server's thread: two sockets may be bound to a port, one may listen.
        opened.listen(128)
    except (OSError, OverflowError) as error:
        opened.close()
        raise DistilabelUserError(
            f"The pages cannot be served at {host}:{port}: {error}. Choose another --port."
        ) from error
    return opened

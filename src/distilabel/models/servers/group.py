"""`ServerGroup`: the replicas of a model, and the balance of requests between them."""

from __future__ import annotations

import asyncio
import logging
import threading
from contextlib import suppress
from functools import partial
from typing import Final

from distilabel.errors import AnswerError, DistilabelUserError, EndpointError
from distilabel.models.http import transport
from distilabel.models.http.endpoint import post
from distilabel.models.servers.host import Address, ServerHost
from distilabel.models.servers.replica import Replica, State
from distilabel.models.servers.spec import ServerSpec

_POLL_SECONDS: Final = 0.2
_MOST_ATTEMPTS: Final = 6
# Seconds for one request, which may wait in the queue of the engine first.
REQUEST_SECONDS: Final = 3600.0

_log = logging.getLogger("distilabel.llm")


class LoadCanceled(Exception):
    """Raised when the start of servers was canceled, because the run was stopped."""


class ServerGroup:
    """The replicas of one model.

    Args:
        spec: What each server is started with.
        host: Where they run.

    Attributes:
        replicas: The replicas.
    """

    def __init__(self, spec: ServerSpec, host: ServerHost) -> None:
        self.replicas: list[Replica] = []
        self._spec = spec
        self._host = host
        self._changed = threading.Condition()
        self._waiting: set[asyncio.Future[None]] = set()
        self._is_canceled = False

    def start(self, count: int) -> None:
        """Starts servers until there are `count`, and waits until they answer.

        Args:
            count: Number of replicas.

        Raises:
            ImportError: The package of the engine is not installed.
            DistilabelUserError: A server could not start; all of the group are ended.
            LoadCanceled: The start was canceled.
        """
        self._host.check(self._spec)
        for number in range(len(self.replicas), count):
            place = partial(self._host.place, self._spec, number)
            self.replicas.append(Replica(self._spec, number, place, self._notify))
        try:
            with self._changed:
                # Short waits, so that Ctrl-C is noticed in the main thread.
                while not self._has_started():
                    self._changed.wait(_POLL_SECONDS)
        except BaseException:
            self.stop()
            raise

    def _has_started(self) -> bool:
        if self._is_canceled:
            raise LoadCanceled(f"{self._spec.engine.name}: the start was canceled")
        states = [replica.state for replica in self.replicas]
        is_up = State.UP in states
        if State.FAILED in states and (self._host.waits_for_all or not is_up):
            failed = self.replicas[states.index(State.FAILED)]
            raise DistilabelUserError(failed.failure)
        return is_up and (not self._host.waits_for_all or State.STARTING not in states)

    def cancel(self) -> None:
        """Gives up the start, without waiting."""
        self._is_canceled = True
        for replica in self.replicas:
            replica.cancel()
        self._notify()

    def stop(self) -> None:
        """Ends all servers, at the same time, and waits for their end."""
        for replica in self.replicas:
            replica.cancel()
        threads = [threading.Thread(target=replica.stop) for replica in self.replicas]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        self._notify()

    async def ask(
        self, path: str, body: bytes, timeout: float = REQUEST_SECONDS
    ) -> transport.Reply:
        """Sends a request to the server with the fewest in flight.

        Args:
            path: Path of the URL, without a slash at its beginning.
            body: JSON body.
            timeout: Seconds until the last byte of the reply.

        Returns:
            The reply, with status 200.

        Raises:
            AnswerError: The request failed; if its server ended, it can be sent again.
            EndpointError: No server runs any more.
        """
        replica, address = await self._next()
        task = asyncio.ensure_future(post(f"{address.url}/{path}", body, address.headers, timeout))
        with replica.asking(task):
            try:
                reply = await task
            except asyncio.CancelledError:
                current = asyncio.current_task()
                if (replica.address is address and replica.state is State.UP) or (
                    current is not None and current.cancelling()
                ):
                    raise
                raise AnswerError(
                    f"the server for {self._spec.model} ended before it answered",
                    retryable=True,
                    lost=True,
                ) from None
            except AnswerError as error:
                if error.retryable and error.status is None:
                    replica.shun()
                raise
        replica.answered += 1
        return reply

    async def ask_until_answered(self, path: str, body: bytes) -> transport.Reply:
        """Sends a request, and sends it again if its server ends; the arguments are those of `ask`.

        For requests that no client with retries of its own sends.

        Raises:
            AnswerError: The request failed.
            EndpointError: No server runs any more.
        """
        attempt = 1
        while True:
            try:
                return await self.ask(path, body)
            except AnswerError as error:
                if not error.retryable or attempt == _MOST_ATTEMPTS:
                    raise
            await asyncio.sleep(_POLL_SECONDS * attempt)
            attempt += 1

    @property
    def version(self) -> str:
        """Version of the engine; empty if it is not known."""
        return next((r.address.version for r in self.replicas if r.address is not None), "")

    async def _next(self) -> tuple[Replica, Address]:
        """Returns the replica to ask; waits while all of them start."""
        while True:
            up = [r for r in self.replicas if r.state is State.UP and r.address is not None]
            if up:
                replica = min(up, key=lambda each: each.load)
                assert replica.address is not None
                return replica, replica.address
            if not any(replica.state is State.STARTING for replica in self.replicas):
                failures = [replica.failure for replica in self.replicas if replica.failure]
                text = failures[0] if failures else "its servers have been ended"
                raise EndpointError(f"{self._spec.model} cannot be asked: {text}")
            change: asyncio.Future[None] = asyncio.get_running_loop().create_future()
            with self._changed:
                self._waiting.add(change)
            # The state may have changed before the future was registered.
            with suppress(TimeoutError):
                await asyncio.wait_for(change, _POLL_SECONDS)
            with self._changed:
                self._waiting.discard(change)

    def _notify(self) -> None:
        with self._changed:
            self._changed.notify_all()
            waiting = list(self._waiting)
        for future in waiting:
            with suppress(RuntimeError):
                future.get_loop().call_soon_threadsafe(_wake, future)


def _wake(future: asyncio.Future[None]) -> None:
    if not future.done():
        future.set_result(None)

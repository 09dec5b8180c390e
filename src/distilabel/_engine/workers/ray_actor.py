"""A worker as a Ray actor: the class that runs in the actor, and its handle in the program."""

from __future__ import annotations

import contextlib
import logging
import math
import pickle
import re
import time
from collections import deque
from typing import Any, Final

import ray
from ray.exceptions import ActorUnavailableError, GetTimeoutError, RayError, RuntimeEnvSetupError

from distilabel._engine.workers.backend import WorkerDied, WorkerTimeout
from distilabel._engine.workers.protocol import END, JobServer, Message
from distilabel.errors import DistilabelUserError

# Seconds without room in the cluster after which a warning is logged.
_ROOM_SECONDS: Final = 20.0
# A terminated actor releases its name a little later.
_NAME_SECONDS: Final = 10.0
_POLL_SECONDS: Final = 0.05
_CAUSE: Final = re.compile(r"dead because (.+?)(?:\.\s|\.?$)", re.MULTILINE)

_log = logging.getLogger("distilabel.pipeline")


class ActorMain:
    """Runs a job in an actor. Log records are returned together with the responses."""

    def __init__(self) -> None:
        self._server: JobServer | None = None
        self._log_messages: deque[bytes] = deque()

    def ping(self) -> None:
        """Returns once the actor runs."""

    def handle(self, data: bytes) -> list[bytes]:
        """Handles a message.

        Args:
            data: A pickled `Assignment` first, then batches, then `END`.

        Returns:
            Log messages, then the response.
        """
        if self._server is None:
            self._server = JobServer(pickle.loads(data), self._log_messages.append)
            response = self._server.load()
        elif data == END:
            response = self._server.unload()
        else:
            response = self._server.run(data)
        messages = [self._log_messages.popleft() for _ in range(len(self._log_messages))]
        return [*messages, response]


class WorkerActor:
    """A worker in a Ray actor; see `WorkerHandle`.

    Args:
        name: Name of the actor.
        options: Options of the actor: `num_cpus`, `num_gpus`, `memory`, `resources`.

    Raises:
        DistilabelUserError: The namespace has another actor of that name.
    """

    def __init__(self, name: str, options: dict[str, Any]) -> None:
        self._name = name
        self._options = options
        self._actor = start_actor(ActorMain, name, options)
        self._placed = self._actor.ping.remote()
        self._response: Any = None
        self._warn_at = time.monotonic() + _ROOM_SECONDS

    def send(self, message: bytes) -> None:
        """Sends a message without waiting for the response."""
        self._response = self._actor.handle.remote(message)

    def wait_until_loaded(self) -> str | None:
        """Waits for a node, then for the response to the assignment."""
        while not self.wait_until_placed(_POLL_SECONDS):
            pass
        digest: str | None = self._receive()
        return digest

    def wait_until_placed(self, seconds: float) -> bool:
        """Waits until a node runs the actor; warns once if that takes long."""
        if ray.wait([self._placed], timeout=seconds)[0]:
            return True
        if time.monotonic() > self._warn_at:
            self._warn_at = math.inf
            _log.warning(
                "The actor %s has not started yet: it is waiting for a node with %s available "
                "(available in the cluster: %s), or for packages that are being installed.",
                self._name,
                format_resources(self._options) or "a CPU",
                format_resources(ray.available_resources()) or "nothing",
            )
        return False

    def run(self, batch: bytes, seconds: float | None = None) -> Any:
        """Processes a batch."""
        self.send(batch)
        return self._receive(seconds)

    def wait_until_unloaded(self) -> None:
        """Waits for the response to `END`, then ends the actor."""
        try:
            self._receive()
        finally:
            self.terminate()

    def terminate(self) -> None:
        """Ends the actor, whatever it is doing."""
        # Ray may have shut down already.
        with contextlib.suppress(Exception):
            # Also if it has died: only this releases its name.
            ray.kill(self._actor, no_restart=True)

    def kill(self) -> None:
        """Ends the actor at once."""
        self.terminate()

    def _receive(self, seconds: float | None = None) -> Any:
        try:
            messages = ray.get(self._response, timeout=seconds)
        except GetTimeoutError:
            self.terminate()
            raise WorkerTimeout from None
        except RayError as error:
            raise WorkerDied(f"the Ray actor {self._name} died: {death_reason(error)}") from error
        return [Message(message) for message in messages][-1].value


def start_actor(main: type, name: str, options: dict[str, Any]) -> Any:
    """Starts an actor; waits for an earlier one to release its name.

    Args:
        main: Class that runs in the actor.
        name: Name of the actor.
        options: Options of the actor.

    Raises:
        DistilabelUserError: The namespace has another actor of that name.
    """
    until = time.monotonic() + _NAME_SECONDS
    while True:
        try:
            return ray.remote(main).options(name=name, **options).remote()
        except ValueError as error:
            if "already taken" not in str(error):
                raise
            if time.monotonic() > until:
                raise DistilabelUserError(
                    f"The Ray namespace already has an actor named {name}: the same pipeline is "
                    "running there. Wait for it to finish, or give this pipeline another name or "
                    'namespace (ray_init_kwargs={"namespace": ...}).'
                ) from None
        time.sleep(_POLL_SECONDS)


def death_reason(error: RayError) -> str:
    """Returns why an actor died, in a few words."""
    if isinstance(error, ActorUnavailableError):
        return "it stopped responding; its node may be lost"
    text = str(error)
    found = _CAUSE.search(text)
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    if found is None:
        # The error of its constructor comes last.
        words = lines[-1] if lines else type(error).__name__
        if isinstance(error, RuntimeEnvSetupError):
            return f"its node could not install the requirements of the pipeline: {words}"
        return words
    cause = found[1]
    return f"{cause}, probably out of memory" if "process has died" in cause else cause


def format_resources(resources: dict[str, Any]) -> str:
    """Returns resources as text, like `CPU 2, GPU 1`."""
    words = []
    for name, amount in sorted(resources.items()):
        if isinstance(amount, dict):
            words.append(format_resources(amount))
        elif not name.startswith(("node:", "object_store")):
            words.append(f"{name.removeprefix('num_')} {amount:.12g}")
    return ", ".join(words)

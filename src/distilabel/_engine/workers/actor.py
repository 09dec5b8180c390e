"""One Ray actor as a worker: what runs in it, and how the program sees it."""

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
from distilabel._engine.workers.protocol import END, JobServer, MessageHandler
from distilabel.errors import DistilabelUserError

# After so long without room in the cluster, that is said.
_ROOM_SECONDS: Final = 20.0
# The name of an actor that was ended is free again a little later.
_NAME_SECONDS: Final = 10.0
_LOOK_SECONDS: Final = 0.05
_CAUSE: Final = re.compile(r"dead because (.+?)(?:\.\s|\.?$)", re.MULTILINE)

_log = logging.getLogger("distilabel.pipeline")


class ActorMain:
    """What runs in an actor: a step, served by calls. What it logs goes along with its answers."""

    def __init__(self) -> None:
        self._served: JobServer | None = None
        self._said: deque[bytes] = deque()

    def here(self) -> None:
        """Returns once the actor runs."""

    def take(self, data: bytes) -> list[bytes]:
        """Does what is asked for.

        Args:
            data: an `Assignment`, pickled, then batches, then `END`.

        Returns:
            Messages for the log, and the answer.
        """
        if self._served is None:
            self._served = JobServer(pickle.loads(data), self._said.append)
            answer = self._served.load()
        elif data == END:
            answer = self._served.unload()
        else:
            answer = self._served.make(data)
        messages = [self._said.popleft() for _ in range(len(self._said))]
        return [*messages, answer]


class WorkerActor:
    """Starts an actor that runs a step; one batch at a time.

    Args:
        name: of the actor.
        options: of it: `num_cpus`, `num_gpus`, `memory`, `resources`.

    Raises:
        DistilabelUserError: somebody else has an actor of that name.
    """

    def __init__(self, name: str, options: dict[str, Any]) -> None:
        self._name = name
        self._options = options
        self._actor = _started(name, options)
        self._here = self._actor.here.remote()
        self._answer: Any = None
        self._say_at = time.monotonic() + _ROOM_SECONDS

    def begin(self, what: bytes) -> None:
        """Says what is to be done; what comes of it is waited for with another method."""
        self._answer = self._actor.take.remote(what)

    def wait_until_loaded(self) -> str | None:
        """Waits until the step is loaded there, and says so where the cluster has no room."""
        while not self.has_begun(_LOOK_SECONDS):
            pass
        digest: str | None = self._listen()
        return digest

    def has_begun(self, seconds: float) -> bool:
        """Whether a node has taken it; waits for that."""
        if ray.wait([self._here], timeout=seconds)[0]:
            return True
        if time.monotonic() > self._say_at:
            self._say_at = math.inf
            _log.warning(
                "The actor %s has not started yet: it waits for a node with %s free (free in the "
                "cluster: %s), or for packages that are being installed.",
                self._name,
                _in_words(self._options) or "a place",
                _in_words(ray.available_resources()) or "nothing",
            )
        return False

    def run(self, batch: bytes, seconds: float | None = None) -> Any:
        """Works on a batch."""
        self.begin(batch)
        return self._listen(seconds)

    def wait_until_unloaded(self) -> None:
        """Waits until the step is unloaded, and ends the actor."""
        try:
            self._listen()
        finally:
            self.end()

    def end(self) -> None:
        """Ends the actor, whatever it does."""
        # Ray itself may have ended before.
        with contextlib.suppress(Exception):
            # Also where it has died by itself: only then its name is free.
            ray.kill(self._actor, no_restart=True)

    def kill(self) -> None:
        """Ends the actor at once."""
        self.end()

    def _listen(self, seconds: float | None = None) -> Any:
        try:
            messages = ray.get(self._answer, timeout=seconds)
        except GetTimeoutError:
            self.end()
            raise WorkerTimeout from None
        except RayError as error:
            raise WorkerDied(f"the Ray actor {self._name} died: {_why(error)}") from error
        return [MessageHandler(message) for message in messages][-1].what


def _started(name: str, options: dict[str, Any]) -> Any:
    until = time.monotonic() + _NAME_SECONDS
    while True:
        try:
            return ray.remote(ActorMain).options(name=name, **options).remote()
        except ValueError as error:
            if "already taken" not in str(error):
                raise
            if time.monotonic() > until:
                raise DistilabelUserError(
                    f"There is an actor called {name} in this Ray namespace already: the same "
                    "pipeline is running there. Wait for it, or give this one another name or "
                    'namespace (ray_init_kwargs={"namespace": ...}).'
                ) from None
        time.sleep(_LOOK_SECONDS)


def _why(error: RayError) -> str:
    """Why an actor died, in a few words."""
    if isinstance(error, ActorUnavailableError):
        return "it does not answer any more; its node may be lost"
    text = str(error)
    found = _CAUSE.search(text)
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    if found is None:
        # What its start raised stands last.
        words = lines[-1] if lines else type(error).__name__
        if isinstance(error, RuntimeEnvSetupError):
            return f"its node could not install or fetch what the pipeline needs: {words}"
        return words
    cause = found[1]
    return f"{cause} (out of memory?)" if "process has died" in cause else cause


def _in_words(resources: dict[str, Any]) -> str:
    words = []
    for name, amount in sorted(resources.items()):
        if isinstance(amount, dict):
            words.append(_in_words(amount))
        elif not name.startswith(("node:", "object_store")):
            words.append(f"{name.removeprefix('num_')} {amount:.12g}")
    return ", ".join(words)

"""Model servers on a Ray cluster: each replica is an actor that starts its server on its node.

The program asks the servers over HTTP; the actors only start, watch and end them.
"""

from __future__ import annotations

import contextlib
import logging
import math
import time
from collections.abc import Callable
from typing import Any, Final

import ray
from ray.exceptions import GetTimeoutError, RayActorError, RayError, RayTaskError

from distilabel._engine.workers.ray_actor import death_reason, format_resources, start_actor
from distilabel.models.servers.host import Address, ServerFailed, StartCanceled
from distilabel.models.servers.local_host import LocalServer, check_package
from distilabel.models.servers.spec import ServerSpec

_POLL_SECONDS: Final = 0.2
# Seconds without room in the cluster after which a warning is logged.
_ROOM_SECONDS: Final = 20.0
# Seconds for a server to end by itself, before its actor is killed.
_END_SECONDS: Final = 10.0
# How often a start is repeated whose node was lost.
_MOST_STARTS: Final = 5

_log = logging.getLogger("distilabel.llm")


class ServerActor:
    """Starts, watches and ends a server on the node that the actor is on."""

    def __init__(self) -> None:
        self._server: LocalServer | None = None
        self._is_canceled = False

    def ping(self) -> None:
        """Returns once the actor runs."""

    def start(self, spec: ServerSpec, number: int) -> Address:
        """Starts the server and waits until it answers.

        Args:
            spec: What it is started with.
            number: Index of the replica.

        Returns:
            Where it is asked, from other nodes as well.
        """
        check_package(spec)
        # Ray has set the GPUs of the actor in its environment.
        self._server = LocalServer(spec, number, address=ray.util.get_node_ip_address())
        return self._server.start(lambda: self._is_canceled)

    def wait(self) -> str:
        """Waits until the server has ended; returns why."""
        assert self._server is not None
        return self._server.wait()

    def stop(self) -> None:
        """Ends the server."""
        self._is_canceled = True
        if self._server is not None:
            self._server.stop()


class RayServerHost:
    """Servers in actors of the cluster that Ray is connected to; see `ServerHost`.

    A group is ready with its first server. Those that get a node later are used once they answer.

    Args:
        name: Name of the actors, without the number of the replica.
        options: Options of the actors: `num_cpus`, `num_gpus`, `memory`, `resources`.
    """

    waits_for_all = False

    def __init__(self, name: str, options: dict[str, Any]) -> None:
        self._name = name
        self._options = options

    def check(self, spec: ServerSpec) -> None:
        """Does nothing: the package is needed on the nodes, whose actors check it."""

    def place(self, spec: ServerSpec, number: int) -> RayServer:
        """Returns a server that is not started yet."""
        options = dict(self._options)
        if "num_gpus" not in options and ray.cluster_resources().get("GPU"):
            options["num_gpus"] = spec.gpus
        return RayServer(spec, number, f"{self._name}-{number}", options)


class RayServer:
    """A server in an actor; see `RunningServer`.

    Args:
        spec: What it is started with.
        number: Index of the replica.
        name: Name of the actor.
        options: Options of the actor.
    """

    def __init__(self, spec: ServerSpec, number: int, name: str, options: dict[str, Any]) -> None:
        self._spec = spec
        self._number = number
        self._name = name
        # One thread waits for the end of the server while another ends it.
        self._resources = options
        self._options = {**options, "max_concurrency": 3}
        self._actor: Any = None

    def start(self, is_canceled: Callable[[], bool]) -> Address:
        """Waits for a node, starts the server there and waits until it answers."""
        for attempt in range(1, _MOST_STARTS + 1):
            try:
                self._actor = start_actor(ServerActor, self._name, self._options)
                self._wait_for(self._actor.ping.remote(), is_canceled, warns=True)
                started = self._actor.start.remote(self._spec, self._number)
                address: Address = self._wait_for(started, is_canceled)
                return address
            except RayTaskError as error:
                self.stop()
                raise ServerFailed(str(error.cause)) from error
            except RayActorError as error:
                self._kill()
                if attempt == _MOST_STARTS:
                    raise ServerFailed(
                        f"the Ray actor {self._name} died: {death_reason(error)}"
                    ) from error
        raise AssertionError("unreachable")

    def _wait_for(
        self, result: Any, is_canceled: Callable[[], bool], *, warns: bool = False
    ) -> Any:
        warn_at = time.monotonic() + _ROOM_SECONDS if warns else math.inf
        while not ray.wait([result], timeout=_POLL_SECONDS)[0]:
            if is_canceled():
                self.stop()
                raise StartCanceled
            if time.monotonic() > warn_at:
                warn_at = math.inf
                _log.warning(
                    "The actor %s has not started yet: it is waiting for a node with %s "
                    "(available in the cluster: %s). Servers that run are used meanwhile.",
                    self._name,
                    format_resources(
                        {k: v for k, v in self._options.items() if k != "max_concurrency"}
                    )
                    or "a CPU",
                    format_resources(ray.available_resources()) or "nothing",
                )
        return ray.get(result)

    def wait(self) -> str:
        """Waits until the server has ended, or its node is lost."""
        try:
            reason = str(ray.get(self._actor.wait.remote()))
        except RayError as error:
            reason = f"The Ray actor {self._name} died: {death_reason(error)}."
        self._kill()
        return reason

    def stop(self) -> None:
        """Ends the server, then its actor."""
        if self._actor is not None:
            with contextlib.suppress(RayError, GetTimeoutError):
                ray.get(self._actor.stop.remote(), timeout=_END_SECONDS)
            self._kill()

    def _kill(self) -> None:
        # Ray may have shut down already. The watchdog ends the server if it still runs.
        with contextlib.suppress(Exception):
            ray.kill(self._actor, no_restart=True)

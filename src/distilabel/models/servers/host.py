"""Where servers run: the interface between a replica and the machine its server is on."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Protocol

from distilabel.models.servers.spec import ServerSpec


class ServerFailed(Exception):
    """Raised when a server could not start, or has ended; its text is for the user."""


class StartCanceled(Exception):
    """Raised when a server was ended while it started."""


@dataclass(frozen=True, slots=True)
class Address:
    """Where a server that runs is asked.

    Attributes:
        url: Address without `/v1`.
        key: API key of the server, which no other server has.
        version: Version of the engine; empty if it is unknown.
    """

    url: str
    key: str = field(repr=False)
    version: str = ""

    @property
    def headers(self) -> dict[str, str]:
        """Headers of a request."""
        return {"Content-Type": "application/json", "Authorization": f"Bearer {self.key}"}


class RunningServer(Protocol):
    """One server, from its start to its end."""

    def start(self, is_canceled: Callable[[], bool]) -> Address:
        """Starts the server and waits until it answers.

        Args:
            is_canceled: Called every moment; if it returns True, the server is ended.

        Returns:
            Where it is asked.

        Raises:
            ServerFailed: It could not start.
            StartCanceled: It was ended.
        """

    def wait(self) -> str:
        """Waits until the server has ended; returns why."""

    def stop(self) -> None:
        """Ends the server, if it runs, and waits for its end."""


class ServerHost(Protocol):
    """A place where servers run: this machine, or a cluster.

    Attributes:
        waits_for_all: Whether a group is ready once all its servers are, not the first one.
    """

    waits_for_all: bool

    def check(self, spec: ServerSpec) -> None:
        """Checks what can be checked before a start.

        Raises:
            ImportError: The package of the engine is not installed.
        """

    def place(self, spec: ServerSpec, number: int) -> RunningServer:
        """Returns a server that is not started yet.

        Args:
            spec: What it is started with.
            number: Index of the replica, from 0.
        """

"""`ServerLease`: one user's share in the servers of a model, which equal models use together."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Final

from distilabel.models.servers.group import ServerGroup
from distilabel.models.servers.host import ServerHost
from distilabel.models.servers.spec import ServerSpec


class _Shared:
    """The servers of a specification.

    Attributes:
        group: The servers.
        lock: Held while they start or end: a second user waits for it.
        users: The leases that are open.
        at_end: Called once the servers have ended.
    """

    def __init__(self, group: ServerGroup) -> None:
        self.group = group
        self.lock = threading.Lock()
        self.users: set[ServerLease] = set()
        self.at_end: list[Callable[[], None]] = []


_Key = tuple[ServerSpec, type[ServerHost]]

_lock: Final = threading.Lock()
_shared: Final[dict[_Key, _Shared]] = {}


class ServerLease:
    """One user's share in servers. The first one starts them, and the last one ends them.

    Two steps may have equal models, and loading the weights twice would take twice the memory.

    Args:
        spec: What each server is started with.
        host: Where they run.
        count: Number of servers that the user wants at least.
        at_end: Called once the servers have ended, if this lease started the first of them.
    """

    def __init__(
        self,
        spec: ServerSpec,
        host: ServerHost,
        count: int,
        at_end: Callable[[], None] = lambda: None,
    ) -> None:
        self._key: _Key = (spec, type(host))
        self._count = count
        with _lock:
            known = _shared.get(self._key)
            if known is None:
                known = _shared[self._key] = _Shared(ServerGroup(spec, host))
            known.users.add(self)
            known.at_end.append(at_end)
        self._servers = known

    @property
    def group(self) -> ServerGroup:
        """The servers."""
        return self._servers.group

    def open(self) -> None:
        """Starts the servers that are missing, and waits until all answer.

        Raises:
            ImportError: The package of the engine is not installed.
            DistilabelUserError: A server could not start.
        """
        try:
            with self._servers.lock:
                self.group.start(self._count)
        except BaseException:
            self.close()
            raise

    def cancel(self) -> None:
        """Gives up the start, if no other user needs the servers; does not wait."""
        if self._servers.users <= {self}:
            self.group.cancel()

    def close(self) -> None:
        """Ends the servers, unless another user needs them."""
        with _lock:
            self._servers.users.discard(self)
            is_last = not self._servers.users
            if is_last and _shared.get(self._key) is self._servers:
                del _shared[self._key]
        if is_last:
            with self._servers.lock:
                self.group.stop()
            while self._servers.at_end:
                self._servers.at_end.pop()()

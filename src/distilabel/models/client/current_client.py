"""Which client the running code of a step asks its models through."""

from __future__ import annotations

import asyncio
import threading
from contextlib import contextmanager
from contextvars import ContextVar
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

    from distilabel.models.client.client import ModelClient
    from distilabel.models.protocol import Model

_clients: ContextVar[dict[int, ModelClient] | None] = ContextVar("distilabel_clients", default=None)

# The clients of the steps whose synchronous code is running, by `id` of their model.
_in_use: dict[int, list[ModelClient]] = {}
_lock = threading.Lock()


def current_client(llm: Model) -> ModelClient | None:
    """Returns the client for a model that `use_clients` set for the running code.

    Threads that code of a step starts do not get its context. Their questions belong to the step
    whose code is running, if it is the only one that uses the model.

    Args:
        llm: The model.
    """
    clients = _clients.get()
    if clients is not None:
        return clients.get(id(llm))
    if not _in_use or threading.current_thread() is threading.main_thread() or _is_on_loop():
        return None
    with _lock:
        in_use = set(_in_use.get(id(llm), ()))
    return in_use.pop() if len(in_use) == 1 else None


def _is_on_loop() -> bool:
    try:
        asyncio.get_running_loop()
    except RuntimeError:
        return False
    return True


def set_clients(clients: dict[int, ModelClient]) -> None:
    """Sets the clients that a coroutine of a step uses, to the end of the current context.

    Args:
        clients: Clients by `id` of their model.
    """
    _clients.set(clients)


@contextmanager
def use_clients(clients: dict[int, ModelClient]) -> Iterator[None]:
    """Sets the clients that synchronous code of a step uses, in the current context.

    Args:
        clients: Clients by `id` of their model.
    """
    token = _clients.set(clients)
    with _lock:
        for model, client in clients.items():
            _in_use.setdefault(model, []).append(client)
    try:
        yield
    finally:
        with _lock:
            for model, client in clients.items():
                _in_use[model].remove(client)
                if not _in_use[model]:
                    del _in_use[model]
        _clients.reset(token)

"""Models that several steps ask: unloaded when the last of them, of whatever pipeline, is done."""

from __future__ import annotations

import threading
import weakref
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from distilabel.models.protocol import Model

_lock: Final = threading.Lock()
# By identity: models and steps have no hash, and equal ones are not the same.
_users: Final[dict[int, set[int]]] = {}


def load_for(user: object, model: Model) -> None:
    """Loads a model for somebody who asks it.

    Args:
        user: a step.
        model: its model.
    """
    with _lock:
        if id(model) not in _users:
            _users[id(model)] = set()
            weakref.finalize(model, _users.pop, id(model), None)
        _users[id(model)].add(id(user))
    model.load()


def unload_for(user: object, model: Model) -> None:
    """Unloads a model, unless others still ask it.

    Args:
        user: the step that is done.
        model: its model.
    """
    with _lock:
        users = _users.get(id(model), set())
        users.discard(id(user))
        if not users:
            model.unload()

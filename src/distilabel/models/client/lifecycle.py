"""Loads models for steps, and unloads a shared model when the last of its steps is done."""

from __future__ import annotations

import threading
import weakref
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from distilabel.models.protocol import Model

_lock: Final = threading.Lock()
# The ids of the steps that use a model, by its id: models and steps are not hashable, and equal
# ones are still different objects. Steps of several pipelines may share a model.
_users: Final[dict[int, set[int]]] = {}


def load_for(user: object, model: Model) -> None:
    """Loads a model for a step.

    Args:
        user: The step.
        model: Its model.
    """
    with _lock:
        if id(model) not in _users:
            _users[id(model)] = set()
            weakref.finalize(model, _users.pop, id(model), None)
        _users[id(model)].add(id(user))
    model.load()


def unload_for(user: object, model: Model) -> None:
    """Unloads a model, unless other steps still use it.

    Args:
        user: The step that is done.
        model: Its model.
    """
    with _lock:
        users = _users.get(id(model), set())
        users.discard(id(user))
        if not users:
            model.unload()

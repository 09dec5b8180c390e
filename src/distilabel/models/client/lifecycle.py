"""Loads models for steps, and unloads a shared model when the last of its steps is done."""

from __future__ import annotations

import threading
import weakref
from typing import TYPE_CHECKING, Any, Final, TypeVar, cast

from distilabel._core.hashing import digest

if TYPE_CHECKING:
    from distilabel.models.protocol import Model


_M = TypeVar("_M")


class _Users:
    """The steps that use a model.

    Attributes:
        lock: Held while the model is loaded or unloaded: a second step waits for it.
        steps: Ids of the steps: steps are not hashable, and equal ones are still different objects.
    """

    def __init__(self) -> None:
        self.lock = threading.RLock()
        self.steps: set[int] = set()


_lock: Final = threading.Lock()
# By the id of the model. Steps of several pipelines may share a model.
_users: Final[dict[int, _Users]] = {}
# By the id of the model and the digest of the structure: the model, and its copy.
_structured: Final[dict[tuple[int, bytes], tuple[weakref.ref[Any], weakref.ref[Any]]]] = {}


def load_for(user: object, model: Model) -> None:
    """Loads a model for a step, unless it is loaded for another one already.

    Args:
        user: The step.
        model: Its model.

    Raises:
        Exception: What `load` of the model raises; it is not loaded then.
    """
    users = _users_of(model)
    with users.lock:
        if not users.steps - {id(user)}:
            model.load()
        if id(user) not in users.steps:
            users.steps.add(id(user))
            weakref.finalize(user, users.steps.discard, id(user))


def unload_for(user: object, model: Model) -> None:
    """Unloads a model, unless other steps still use it.

    Args:
        user: The step that is done.
        model: Its model.
    """
    users = _users_of(model)
    with users.lock:
        users.steps.discard(id(user))
        if not users.steps:
            model.unload()


def keep_for(user: object, model: Model) -> bool:
    """Keeps a model from being unloaded by other steps, if it is loaded.

    Args:
        user: The step that will need it.
        model: The model.

    Returns:
        Whether it is loaded; then `unload_for` releases it.
    """
    users = _users_of(model)
    with users.lock:
        is_loaded = bool(users.steps)
        if is_loaded:
            users.steps.add(id(user))
        return is_loaded


def is_loaded_for(user: object, model: Model) -> bool:
    """Returns True if a step has loaded a model and not unloaded it.

    Args:
        user: The step.
        model: Its model.
    """
    return id(user) in _users_of(model).steps


def structured_copy(model: _M, structure: dict[str, Any]) -> _M:
    """Returns a copy of a model with a structured output; the same one while another step has it.

    Args:
        model: The model, with a field `structured_output`.
        structure: The structured output.
    """
    key = (id(model), digest(structure))
    with _lock:
        original, known = _structured.get(key, (None, None))
        # The id may be that of a model that is gone.
        found = known() if known is not None and original and original() is model else None
        if found is None:
            found = cast("Any", model).model_copy()
            found.structured_output = structure
            _structured[key] = weakref.ref(model), weakref.ref(found)
        return cast("_M", found)


def _users_of(model: Model) -> _Users:
    with _lock:
        if id(model) not in _users:
            _users[id(model)] = _Users()
            weakref.finalize(model, _users.pop, id(model), None)
        return _users[id(model)]

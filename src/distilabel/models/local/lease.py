"""Shares engines: models with equal settings use one process, which ends with the last of them."""

from __future__ import annotations

import pickle
import threading
from typing import Any, Final

from distilabel._core.hashing import digest
from distilabel.models.local.local_engine import LocalEngine
from distilabel.models.local.messages import EngineSpec


class _Shared:
    """An engine, and how many models use it."""

    def __init__(self, spec: EngineSpec) -> None:
        self.engine = LocalEngine(spec)
        self.lock = threading.Lock()
        self.users = 0
        self.is_started = False


_lock: Final = threading.Lock()
_shared: Final[dict[bytes, _Shared]] = {}


class EngineLease:
    """The use of an engine by one model.

    Args:
        spec: What the engine is.

    Attributes:
        engine: The engine; it can be asked after `open`.
    """

    def __init__(self, spec: EngineSpec) -> None:
        self._key = _key_of(spec)
        with _lock:
            shared = _shared.setdefault(self._key, _Shared(spec))
            shared.users += 1
        self._shared: _Shared | None = shared
        self.engine = shared.engine

    def open(self) -> None:
        """Starts the engine, unless another model has started it.

        Raises:
            ImportError: A package is missing.
            DistilabelUserError: The model cannot be loaded.
        """
        shared = self._shared
        if shared is None:
            return
        try:
            with shared.lock:
                if not shared.is_started:
                    shared.engine.start()
                    shared.is_started = True
        except BaseException:
            self.release()
            raise

    def release(self) -> None:
        """Ends the use; the process ends with the last one."""
        with _lock:
            shared, self._shared = self._shared, None
            if shared is None:
                return
            shared.users -= 1
            if shared.users:
                return
            if _shared.get(self._key) is shared:
                del _shared[self._key]
        shared.engine.stop()

    def __deepcopy__(self, memo: Any) -> EngineLease:
        return self

    def __reduce__(self) -> tuple[Any, ...]:
        # In another process, the model is loaded again.
        return type(None), ()


def _key_of(spec: EngineSpec) -> bytes:
    data = [spec.factory, spec.settings, spec.environment]
    try:
        return digest(data)
    except TypeError:
        return pickle.dumps(data)

"""`LocalModel`: what models have in common that run in a worker process on this machine."""

from __future__ import annotations

import asyncio
from typing import Any, Dict, List, Optional

from pydantic import BaseModel, PrivateAttr

from distilabel._core.hashing import digest
from distilabel._core.sync_bridge import run_sync
from distilabel.errors import DistilabelUserError
from distilabel.models.local.lease import EngineLease
from distilabel.models.local.local_engine import LocalEngine
from distilabel.models.local.messages import EngineSpec


class LocalModel(BaseModel):
    """Starts the worker process of a model in `load`, and ends it in `unload`."""

    _lease: Optional[EngineLease] = PrivateAttr(default=None)

    def _engine_settings(self) -> Dict[str, Any]:
        """Returns the arguments of the engine's class."""
        raise NotImplementedError(type(self).__name__)

    def _engine_class(self) -> str:
        """Returns where the engine's class is, as `package.module:Class`."""
        raise NotImplementedError(type(self).__name__)

    def _start_engine(self, name: str, environment: Optional[Dict[str, str]] = None) -> None:
        """Starts the worker process and waits until the model is loaded.

        Args:
            name: Name of the model.
            environment: Environment variables of the process, in addition to those of this one.

        Raises:
            ImportError: A package is missing.
            DistilabelUserError: The model cannot be loaded.
        """
        self._stop_engine()
        subject = f"{type(self).__name__}({name})"
        spec = EngineSpec(self._engine_class(), self._engine_settings(), subject, environment or {})
        self._lease = EngineLease(spec)
        try:
            self._lease.open()
        except BaseException:
            self._lease = None
            raise

    def _stop_engine(self) -> None:
        """Ends the worker process, unless another model uses it."""
        lease, self._lease = self._lease, None
        if lease is not None:
            lease.release()

    def _cancel_load(self) -> None:
        """Gives up a `load` that runs in another thread."""
        self._stop_engine()

    @property
    def _engine(self) -> LocalEngine:
        if self._lease is None:
            raise DistilabelUserError(
                f"{type(self).__name__}: the model is not loaded. Call `load()` first."
            )
        return self._lease.engine

    def _engine_id(self) -> str:
        """Identifies the engine, whose limiter all steps share."""
        settings = {k: v for k, v in self._engine_settings().items() if k != "token"}
        try:
            return f"{self._engine_class()} {digest(settings).hex()[:16]}"
        except TypeError:
            return f"{self._engine_class()} {id(self)}"

    def _ask_all(self, method: str, payloads: List[Any]) -> List[Any]:
        """Asks the engine several questions together, from synchronous code."""
        engine = self._engine

        async def ask() -> List[Any]:
            return list(await asyncio.gather(*(engine.ask(method, each) for each in payloads)))

        return run_sync(ask())

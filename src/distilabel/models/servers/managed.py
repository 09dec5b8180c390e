"""`ManagedServers`: what models have in common that are served by engines distilabel starts."""

from __future__ import annotations

from typing import Any, ClassVar, Dict, Final, List, Optional

from pydantic import PrivateAttr

from distilabel._core.hashing import digest
from distilabel.errors import DistilabelUserError
from distilabel.models.mixins.cuda_device_placement import CudaDevicePlacementMixin
from distilabel.models.servers.group import ServerGroup
from distilabel.models.servers.host import ServerHost
from distilabel.models.servers.lease import ServerLease
from distilabel.models.servers.local_host import LocalHost
from distilabel.models.servers.spec import ServerSpec

# Options of engines that say on how many GPUs one server runs.
_PARALLEL: Final = (
    ("tensor_parallel_size", "tp_size", "tp"),
    ("pipeline_parallel_size", "pp_size", "pp"),
    ("data_parallel_size", "dp_size", "dp"),
)


class ManagedServers(CudaDevicePlacementMixin):
    """Starts the servers of a model, one per replica of its step, and ends them.

    The GPUs of a server are set in its own environment, never in that of the program.
    """

    # Read by the engine: the replicas of the step are servers of its model.
    _has_servers: ClassVar[bool] = True

    # Set by the step and by the pipeline before `load`.
    _replicas: int = PrivateAttr(default=1)
    _server_host: Any = PrivateAttr(default=None)

    _lease: Optional[ServerLease] = PrivateAttr(default=None)

    def _assign(self, step: str, resources: Any) -> None:
        super()._assign(step, resources)
        self._replicas = resources.replicas or 1

    def _spec(self) -> ServerSpec:
        """Returns what a server is started with."""
        raise NotImplementedError(type(self).__name__)

    def _start_servers(self) -> None:
        """Starts the servers and waits until they answer.

        Raises:
            ImportError: The package of the engine is not installed.
            DistilabelUserError: A server could not start.
        """
        if self._lease is not None:
            self._stop_servers()
        host: ServerHost = self._server_host or LocalHost(self._gpus_of)
        replicas = self._replicas

        def release() -> None:
            self._release_gpus(replicas)

        self._lease = ServerLease(self._spec(), host, replicas, release)
        try:
            self._lease.open()
        except BaseException:
            self._lease = None
            raise

    def _stop_servers(self) -> None:
        """Ends the servers, unless another model uses them."""
        lease, self._lease = self._lease, None
        if lease is not None:
            lease.close()

    def _cancel_load(self) -> None:
        """Gives up a `load` that runs in another thread."""
        lease = self._lease
        if lease is not None:
            lease.cancel()

    @property
    def _servers(self) -> ServerGroup:
        if self._lease is None:
            raise DistilabelUserError(
                f"{type(self).__name__}: the model is not loaded. Call `load()` first."
            )
        return self._lease.group

    def _gpus_of(self, number: int) -> Optional[List[str]]:
        if self.disable_cuda_device_placement:
            return None
        count = self._gpu_count(getattr(self, "extra_kwargs", None))
        return self._reserve_gpus(number, count, self._replicas)

    def _gpu_count(self, options: Optional[Dict[str, Any]]) -> int:
        """Returns the GPUs of one server: those its options ask for, or those of the step."""
        options = options or {}
        count = 1
        for names in _PARALLEL:
            count *= next((int(options[name]) for name in names if options.get(name)), 1)
        return count if count > 1 else self._desired_num_gpus

    def _devices(self) -> Optional[tuple[int, ...]]:
        return None if self.cuda_devices == "auto" else tuple(self.cuda_devices or ())

    def _server_id(self) -> str:
        """Identifies the servers, whose limiter all steps share; without their ports."""
        spec = self._spec()
        return f"{spec.engine.name} {digest([spec.model, spec.arguments, spec.files]).hex()[:16]}"

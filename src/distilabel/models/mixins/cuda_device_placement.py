"""`CudaDevicePlacementMixin`: chooses the GPUs that a model uses."""

from __future__ import annotations

import logging
import os
from typing import Any, Dict, List, Literal, Optional, Union

from pydantic import BaseModel, Field, PrivateAttr

from distilabel.errors import DistilabelUserError
from distilabel.mixins.runtime_parameters import RuntimeParameter
from distilabel.models.mixins import cuda_devices as gpus

_log = logging.getLogger("distilabel.llm")


class CudaDevicePlacementMixin(BaseModel):
    """Chooses the GPUs of a model, so that several models on a machine do not share one.

    Attributes:
        cuda_devices: Ids of the GPUs to use. `"auto"` takes as many free ones as the step asks for
            in `resources.gpus`, or one.
        disable_cuda_device_placement: Whether to leave the choice to the engine.
    """

    cuda_devices: RuntimeParameter[Union[List[int], Literal["auto"]]] = Field(
        default="auto", description="Ids of the GPUs to use, or 'auto' for free ones."
    )
    disable_cuda_device_placement: RuntimeParameter[bool] = Field(
        default=False, description="Whether to leave the choice of GPUs to the engine."
    )

    # Set by the step before `load`: who reserves GPUs, and how many.
    _llm_identifier: Optional[str] = PrivateAttr(default=None)
    _desired_num_gpus: int = PrivateAttr(default=1)

    # The variable before `load` set it; None unless it did.
    _visible_before: Optional[List[Optional[str]]] = PrivateAttr(default=None)
    _reserved_as: Optional[str] = PrivateAttr(default=None)

    def load(self) -> None:
        """Reserves GPUs and makes them the only ones that this process sees.

        Without a GPU on the machine nothing happens.

        Raises:
            RuntimeError: A GPU of `cuda_devices` does not exist.
        """
        if self.disable_cuda_device_placement:
            return
        chosen = self._reserve_gpus(0)
        if chosen is not None:
            self._visible_before = [os.environ.get(gpus.VARIABLE)]
            os.environ[gpus.VARIABLE] = ",".join(chosen)

    def unload(self) -> None:
        """Ends the reservation."""
        if self._visible_before is not None:
            (before,) = self._visible_before
            self._visible_before = None
            if before is None:
                os.environ.pop(gpus.VARIABLE, None)
            else:
                os.environ[gpus.VARIABLE] = before
        self._release_gpus()

    def _gpu_environment(self) -> Optional[Dict[str, str]]:
        """Reserves GPUs for a worker process, whose view of them alone is changed.

        Returns:
            The environment variables of the process; None if it may use any GPU, or has none.

        Raises:
            RuntimeError: A GPU of `cuda_devices` does not exist.
        """
        chosen = None if self.disable_cuda_device_placement else self._reserve_gpus(0)
        return None if chosen is None else {gpus.VARIABLE: ",".join(chosen)}

    def _assign(self, step: str, resources: Any) -> None:
        """Tells the model which step it is loaded for, and with which resources.

        Args:
            step: Name of the step.
            resources: Its `StepResources`.
        """
        self._llm_identifier = step
        self._desired_num_gpus = resources.gpus or 1

    def _reserve_gpus(
        self, number: int, count: Optional[int] = None, replicas: int = 1
    ) -> Optional[List[str]]:
        """Reserves the GPUs of one replica.

        Args:
            number: Index of the replica.
            count: GPUs per replica; those that the step asks for if None.
            replicas: Number of replicas, which share out the GPUs of `cuda_devices`.

        Returns:
            Their ids; None if the machine has no GPU.

        Raises:
            RuntimeError: A GPU of `cuda_devices` does not exist.
        """
        count = count or self._desired_num_gpus
        visible = gpus.visible_devices()
        if not visible:
            if self.cuda_devices != "auto":
                raise RuntimeError(
                    f"cuda_devices={self.cuda_devices}: this machine has no GPU. Check that "
                    "`nvidia-smi` lists one."
                )
            return None
        name = self._reserved_as = self._llm_identifier or f"{type(self).__name__}-{id(self)}"
        name = f"{name}-replica-{number}"
        if self.cuda_devices == "auto":
            chosen = gpus.reserve(name, count, visible)
            if len(chosen) < count:
                _log.warning(
                    "%s: %d of %d GPUs are free, and %d are needed. Other models use the rest: "
                    "ask for fewer (resources.gpus), or load the steps one after the other "
                    "(load_groups).",
                    name,
                    len(chosen),
                    len(visible),
                    count,
                )
            # No free GPU: the engine tries those that others use.
            return chosen or visible[:count]
        wanted = [str(device) for device in self.cuda_devices or []]
        unknown = [device for device in wanted if device not in visible]
        if unknown:
            raise RuntimeError(
                f"cuda_devices={self.cuda_devices}: the GPU {unknown[0]} does not exist. This "
                f"machine has {', '.join(visible)}."
            )
        size = len(wanted) if replicas == 1 else count
        chosen = wanted[number * size : (number + 1) * size]
        if len(chosen) < size:
            raise DistilabelUserError(
                f"cuda_devices={self.cuda_devices}: {replicas} replicas with {count} GPUs each "
                f"need {replicas * count}. List as many, or ask for fewer replicas."
            )
        shared = gpus.claim(name, chosen)
        if shared:
            _log.warning("%s: another model uses the GPUs %s as well.", name, ", ".join(shared))
        return chosen

    def _release_gpus(self, replicas: int = 1) -> None:
        """Ends the reservations of all replicas."""
        if self._reserved_as is not None:
            for number in range(replicas):
                gpus.release(f"{self._reserved_as}-replica-{number}")
            self._reserved_as = None

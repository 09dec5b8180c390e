"""`StepResources`: the replicas, CPU cores, GPUs and memory that a step runs with."""

from __future__ import annotations

from typing import Dict, Optional

from pydantic import BaseModel, ConfigDict, Field, PositiveInt

from distilabel.mixins.runtime_parameters import RuntimeParameter, RuntimeParametersMixin


class StepResources(RuntimeParametersMixin, BaseModel):
    """The resources a step runs with.

    Attributes:
        replicas: Number of worker processes, or of servers of a model like `vLLM`.
        cpus: CPU cores per replica.
        gpus: GPUs per replica.
        memory: Memory per replica, in bytes.
        resources: Other resources per replica, by name.
    """

    model_config = ConfigDict(validate_assignment=True, extra="forbid")

    replicas: RuntimeParameter[PositiveInt] = Field(
        default=1, description="Number of worker processes."
    )
    cpus: Optional[RuntimeParameter[PositiveInt]] = Field(
        default=None, description="CPU cores per replica."
    )
    gpus: Optional[RuntimeParameter[PositiveInt]] = Field(
        default=None, description="GPUs per replica."
    )
    memory: Optional[RuntimeParameter[PositiveInt]] = Field(
        default=None, description="Memory per replica, in bytes."
    )
    resources: Optional[RuntimeParameter[Dict[str, int]]] = Field(
        default=None, description="Other resources per replica, by name."
    )

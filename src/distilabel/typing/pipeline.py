"""What pipelines connect, load and are told."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Dict, List, Literal, TypeVar, Union

from typing_extensions import TypedDict

if TYPE_CHECKING:
    from datasets import Dataset
    from pandas import DataFrame

    from distilabel.mixins.runtime_parameters import RuntimeParameterInfo
    from distilabel.steps.base import GeneratorStep, GlobalStep, Step

DownstreamConnectable = Union["Step", "GlobalStep"]
UpstreamConnectableSteps = TypeVar(
    "UpstreamConnectableSteps", bound=Union["Step", "GlobalStep", "GeneratorStep"]
)
DownstreamConnectableSteps = TypeVar(
    "DownstreamConnectableSteps", bound=DownstreamConnectable, covariant=True
)


class StepLoadStatus(TypedDict):
    """Whether a step is ready to work."""

    name: str
    status: Literal["loaded", "unloaded", "load_failed"]


PipelineRuntimeParametersInfo = Dict[
    str, Union[List["RuntimeParameterInfo"], Dict[str, "RuntimeParameterInfo"]]
]
InputDataset = Union["Dataset", "DataFrame", List[Dict[str, str]]]
LoadGroups = Union[List[List[Any]], Literal["sequential_step_execution"]]

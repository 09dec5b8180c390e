"""Types of pipelines: connections, input datasets, load groups."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Dict, List, Literal, TypeVar, Union

from typing_extensions import TypedDict

if TYPE_CHECKING:
    from datasets import Dataset, IterableDataset
    from pandas import DataFrame
    from polars import DataFrame as PolarsDataFrame
    from pyarrow import Table

# Any and unbound type variables, because this package does not import steps.
DownstreamConnectable = Any
UpstreamConnectableSteps = TypeVar("UpstreamConnectableSteps")
DownstreamConnectableSteps = TypeVar("DownstreamConnectableSteps", covariant=True)


class StepLoadStatus(TypedDict):
    """The load status of a step."""

    name: str
    status: Literal["loaded", "unloaded", "load_failed"]


PipelineRuntimeParametersInfo = Dict[str, Union[List[Dict[str, Any]], Dict[str, Dict[str, Any]]]]
InputDataset = Union[
    "Dataset", "IterableDataset", "DataFrame", "PolarsDataFrame", "Table", List[Dict[str, Any]]
]
LoadGroups = Union[List[List[Any]], Literal["sequential_step_execution"]]

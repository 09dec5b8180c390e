"""`RayPipeline`: a pipeline that runs its plain steps on a Ray cluster."""

from __future__ import annotations

import os
from typing import Any, Dict, List, Optional, Union

from distilabel._engine.workers.backend import WorkerBackend
from distilabel.pipeline.base import BasePipeline
from distilabel.typing.steps import OnError


class RayPipeline(BasePipeline):
    """A pipeline that runs its plain steps on a Ray cluster.

    The program itself drives the run and sends the requests to model servers. Each replica of a
    plain step is a Ray actor with the resources that the step requests.

    Args:
        name: Name of the pipeline.
        description: A description for readers.
        cache_dir: As for `Pipeline`.
        enable_metadata: As for `Pipeline`.
        requirements: Packages that the pipeline requires; with a `ray_head_node_url` they are
            installed on the nodes of the cluster.
        ray_head_node_url: Address of the cluster (`"ray://head:10001"`, `"head:6379"`); None takes
            the one that Ray is connected to, or starts a local one.
        ray_init_kwargs: More arguments for `ray.init`.
        on_error: As for `Pipeline`.
    """

    def __init__(
        self,
        name: str,
        description: Optional[str] = None,
        cache_dir: Optional[Union[str, os.PathLike[str]]] = None,
        enable_metadata: bool = False,
        requirements: Optional[List[str]] = None,
        ray_head_node_url: Optional[str] = None,
        ray_init_kwargs: Optional[Dict[str, Any]] = None,
        *,
        on_error: OnError = "null",
    ) -> None:
        super().__init__(
            name=name,
            description=description,
            cache_dir=cache_dir,
            enable_metadata=enable_metadata,
            requirements=requirements,
            on_error=on_error,
        )
        self._ray_head_node_url = ray_head_node_url
        self._ray_init_kwargs = ray_init_kwargs or {}

    def _worker_backend(self) -> WorkerBackend:
        try:
            import ray  # noqa: F401
        except ImportError as error:
            raise ImportError(
                "RayPipeline requires the package `ray`. Install it with: "
                "pip install 'distilabel[ray]'"
            ) from error
        from distilabel._engine.workers.ray_backend import RayBackend

        return RayBackend(self._ray_head_node_url, self._ray_init_kwargs, self.requirements)

"""`Pipeline`: a pipeline that runs on this machine."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Dict, Optional

from distilabel._engine.workers.backend import WorkerBackend
from distilabel.pipeline.base import BasePipeline
from distilabel.utils.ray import script_executed_in_ray_cluster

if TYPE_CHECKING:
    from distilabel.pipeline.ray import RayPipeline


class Pipeline(BasePipeline):
    """A pipeline that runs on this machine.

    If the environment variables of Ray show that the program runs on a Ray cluster, the pipeline
    runs as a `RayPipeline`.

    Examples:
        Two steps:

        ```python
        from distilabel.models import SimulatedLLM
        from distilabel.pipeline import Pipeline
        from distilabel.steps import LoadDataFromDicts
        from distilabel.steps.tasks import TextGeneration

        with Pipeline(name="hello") as pipeline:
            load = LoadDataFromDicts(data=[{"instruction": "Say hello."}])
            generate = TextGeneration(llm=SimulatedLLM())
            load >> generate

        distiset = pipeline.run()
        ```
    """

    def ray(
        self,
        ray_head_node_url: Optional[str] = None,
        ray_init_kwargs: Optional[Dict[str, Any]] = None,
    ) -> RayPipeline:
        """Returns a pipeline that runs the same steps on a Ray cluster.

        Args:
            ray_head_node_url: Address of the cluster; None takes the one that Ray is connected to,
                or starts a local one.
            ray_init_kwargs: More arguments for `ray.init`.

        Returns:
            A pipeline that shares the steps and connections of this one.
        """
        from distilabel.pipeline.ray import RayPipeline

        pipeline = RayPipeline(
            name=self.name,
            description=self.description,
            cache_dir=self._cache_dir,
            enable_metadata=self._enable_metadata,
            requirements=self._requirements,
            ray_head_node_url=ray_head_node_url,
            ray_init_kwargs=ray_init_kwargs,
            on_error=self.on_error,
        )
        pipeline.dag, pipeline._steps, pipeline._routing = self.dag, self._steps, self._routing
        return pipeline

    def _worker_backend(self) -> WorkerBackend:
        if script_executed_in_ray_cluster():
            return self.ray()._worker_backend()
        return super()._worker_backend()

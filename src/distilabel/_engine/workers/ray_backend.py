"""Ray actors as workers: which steps get some, how a step gets there, and on which cluster."""

from __future__ import annotations

from typing import Any

import ray
from ray import cloudpickle

from distilabel._engine.workers.actor import WorkerActor
from distilabel._engine.workers.models import model_of
from distilabel._engine.workers.payloads import ModelJob, StepJob
from distilabel._engine.workers.pickling import copy_for, told
from distilabel._engine.workers.process_backend import stays
from distilabel.errors import DistilabelUserError
from distilabel.steps.base import GeneratorStep, StepResources, _Step

_CURE = "Ray actors get a copy of the step: put what has to be made anew into `load()`."

# Ways to install packages: Ray takes one of them.
_INSTALLERS = {"pip", "uv", "conda", "container", "image_uri"}

# The cluster that was connected to from here, as it was given.
_connected: str | None = None


class RayBackend:
    """The site of a pipeline that runs on a Ray cluster.

    Args:
        url: of the head node; None is the cluster that Ray is connected to, else a local one.
        options: of `ray.init`.
        requirements: packages to install on the nodes of the cluster at `url`.
    """

    def __init__(self, url: str | None, options: dict[str, Any], requirements: list[str]) -> None:
        self._url = url
        self._options = options
        self._requirements = requirements

    def open(self) -> None:
        """Connects to the cluster, or starts one, where that has not been done.

        Raises:
            DistilabelUserError: Ray is connected to another cluster.
        """
        global _connected
        if not ray.is_initialized():
            ray.init(**self._settings())
            _connected = self._url
        elif self._url not in (None, _connected, ray.get_runtime_context().gcs_address):
            raise DistilabelUserError(
                f"Ray is connected to {ray.get_runtime_context().gcs_address} already, not to "
                f"{self._url}. Call ray.shutdown() before, or leave out ray_head_node_url to run "
                "where it is connected."
            )

    def _settings(self) -> dict[str, Any]:
        settings = dict(self._options)
        if self._url is not None:
            settings["address"] = self._url
        environment = dict(settings.pop("runtime_env", None) or {})
        if self._url is not None and self._requirements and not environment.keys() & _INSTALLERS:
            environment["pip"] = self._requirements
        return {**settings, "runtime_env": environment} if environment else settings

    def count(self, step: _Step) -> tuple[int, str]:
        """As many actors as a plain step has replicas.

        A global step gets one, and a model that works in process as many as its step has replicas,
        where the step asks for something: all rows, or a small model, are better left here.
        """
        resources = step.resources
        asks = resources != StepResources()
        if model_of(step) is not None:
            return (resources.replicas or 1) if asks else 0, ""
        if isinstance(step, GeneratorStep):
            return 0, "generators work in the program itself" if asks else ""
        why_not = stays(step)
        if why_not:
            return 0, why_not if asks else ""
        if step.is_normal:
            return resources.replicas or 1, ""
        return (1 if _options(resources) else 0), (
            "it needs all rows at once" if (resources.replicas or 1) > 1 else ""
        )

    def check(self, step: _Step) -> None:
        """Checks that a step can be sent to an actor, and does not wait for jobs of a provider."""
        if any(llm.use_offline_batch_generation for llm in step._all_models()):
            raise DistilabelUserError(
                f"{step.name}: offline batches cannot be asked for on Ray. Set "
                "use_offline_batch_generation=False on its model, or run the pipeline without Ray."
            )
        if self.count(step)[0]:
            self.packed(step)

    def packed(self, step: _Step) -> bytes:
        """The step, or its model, pickled so that classes of the program are found there too."""
        own = copy_for(step)
        llm = model_of(own)
        try:
            packed: bytes = cloudpickle.dumps(StepJob(own) if llm is None else ModelJob(llm))
        except Exception as error:
            words, reason = told(own, error, cloudpickle.dumps)
            raise DistilabelUserError(
                f"{words} cannot be sent to a Ray actor: {reason}. {_CURE}"
            ) from error
        return packed

    def hand(self, pipeline: str, step: _Step, number: int) -> WorkerActor:
        """Starts an actor."""
        return WorkerActor(f"distilabel-{pipeline}-{step.name}-{number}", _options(step.resources))


def _options(resources: StepResources) -> dict[str, Any]:
    asked = {
        "num_cpus": resources.cpus,
        "num_gpus": resources.gpus,
        "memory": resources.memory,
        "resources": resources.resources,
    }
    return {name: value for name, value in asked.items() if value is not None}

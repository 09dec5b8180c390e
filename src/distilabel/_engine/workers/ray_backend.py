"""Runs workers as actors of a Ray cluster: connects, counts the actors of a step, starts them."""

from __future__ import annotations

from typing import Any

import ray
from ray import cloudpickle

from distilabel._engine.workers.model_workers import has_servers, in_process_model
from distilabel._engine.workers.payloads import ModelJob, StepJob
from distilabel._engine.workers.pickling import copy_without_pipeline, unpicklable_attribute
from distilabel._engine.workers.process_backend import reason_to_stay
from distilabel._engine.workers.ray_actor import WorkerActor
from distilabel._engine.workers.ray_servers import RayServerHost
from distilabel.errors import DistilabelUserError
from distilabel.models.servers.managed import ManagedServers
from distilabel.steps.base import GeneratorStep, StepResources, _Step

_ADVICE = "Ray actors get a pickled copy of the step: create such objects in `load()`."

# Keys of a Ray runtime environment that install packages; Ray accepts one of them.
_INSTALLERS = {"pip", "uv", "conda", "container", "image_uri"}

# The URL that this process connected to, as the user gave it.
_connected: str | None = None


class RayBackend:
    """Runs the workers of a pipeline as Ray actors.

    Args:
        url: URL of the head node; None for the cluster that Ray is connected to, or a local one.
        options: Arguments of `ray.init`.
        requirements: Packages to install on the nodes of the cluster at `url`.
    """

    def __init__(self, url: str | None, options: dict[str, Any], requirements: list[str]) -> None:
        self._url = url
        self._options = options
        self._requirements = requirements

    def open(self) -> None:
        """Connects to the cluster, or starts a local one, unless Ray is connected already.

        Raises:
            DistilabelUserError: Ray is connected to another cluster.
        """
        global _connected
        if not ray.is_initialized():
            ray.init(**self._settings())
            _connected = self._url
        elif self._url not in (None, _connected, ray.get_runtime_context().gcs_address):
            raise DistilabelUserError(
                f"Ray is already connected to {ray.get_runtime_context().gcs_address}, not to "
                f"{self._url}. Call ray.shutdown() first, or leave out ray_head_node_url to use "
                "the connected cluster."
            )

    def _settings(self) -> dict[str, Any]:
        settings = dict(self._options)
        if self._url is not None:
            settings["address"] = self._url
        environment = dict(settings.pop("runtime_env", None) or {})
        if self._url is not None and self._requirements and not environment.keys() & _INSTALLERS:
            environment["pip"] = self._requirements
        return {**settings, "runtime_env": environment} if environment else settings

    def prepare(self, pipeline: str, step: _Step) -> None:
        """Lets the models of a step start their servers in actors of the cluster."""
        for llm in step._all_models():
            if isinstance(llm, ManagedServers):
                name = f"distilabel-{pipeline}-{step.name}"
                llm._server_host = RayServerHost(name, _options(step.resources))

    def count(self, step: _Step) -> tuple[int, str]:
        """Gives a plain step as many actors as it has replicas.

        A global step gets one actor and an in-process model one per replica, but only if the step
        asks for resources: otherwise all rows, or a small model, are cheaper in the main process.
        """
        resources = step.resources
        asks = resources != StepResources()
        if has_servers(step):
            return 0, ""
        if in_process_model(step) is not None:
            return (resources.replicas or 1) if asks else 0, ""
        if isinstance(step, GeneratorStep):
            return 0, "generator steps run in the main process" if asks else ""
        reason = reason_to_stay(step)
        if reason:
            return 0, reason if asks else ""
        if step.is_normal:
            return resources.replicas or 1, ""
        return (1 if _options(resources) else 0), (
            "it needs all rows at once" if (resources.replicas or 1) > 1 else ""
        )

    def check(self, step: _Step) -> None:
        """Checks that a step can be pickled and does not use offline batch jobs."""
        if any(llm.use_offline_batch_generation for llm in step._all_models()):
            raise DistilabelUserError(
                f"{step.name}: offline batches are not supported on Ray. Set "
                "use_offline_batch_generation=False on its model, or run the pipeline without Ray."
            )
        if self.count(step)[0]:
            self.pickle_step(step)

    def pickle_step(self, step: _Step) -> bytes:
        """Pickles the step, or its model, with the classes that the program defines."""
        own = copy_without_pipeline(step)
        llm = in_process_model(own)
        try:
            pickled: bytes = cloudpickle.dumps(
                StepJob(own) if llm is None else ModelJob(own._asked(llm))
            )
        except Exception as error:
            subject, reason = unpicklable_attribute(own, error, cloudpickle.dumps)
            raise DistilabelUserError(
                f"{subject} cannot be sent to a Ray actor: {reason}. {_ADVICE}"
            ) from error
        return pickled

    def start_worker(self, pipeline: str, step: _Step, number: int) -> WorkerActor:
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

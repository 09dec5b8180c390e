"""Loads a model that runs in process in the workers of its step, not in the main process."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from typing import Any

from distilabel._engine.workers.pool import Pool, WorkersLost
from distilabel.errors import EndpointError
from distilabel.models.client.micro_batcher import MicroBatcher
from distilabel.models.llms.base import LLM, AsyncLLM
from distilabel.models.servers.managed import ManagedServers
from distilabel.steps.base import _Step


def in_process_model(step: _Step) -> LLM | None:
    """Returns the model of a step if it runs in the process that loads it, else None."""
    # A model in another field is called by the step's own code, so it stays with the step.
    llm = getattr(step, "llm", None)
    return llm if isinstance(llm, LLM) and not isinstance(llm, AsyncLLM) else None


def has_servers(step: _Step) -> bool:
    """Returns True if the replicas of a step are servers of its model, which it starts itself."""
    return isinstance(getattr(step, "llm", None), ManagedServers)


def asks_through_engine(step: _Step) -> bool:
    """Returns True if the requests of a step to its models pass through the engine.

    Those of the model in `llm` do, and those of every `AsyncLLM`. Any other model is called by the
    code of the step.
    """
    models = step._all_models()
    return in_process_model(step) is not None or any(isinstance(m, AsyncLLM) for m in models)


def load_with_workers(pool: Pool, step: _Step) -> None:
    """Loads a step here and its model in the workers."""
    with _without_its_model(step):
        step.load()
    pool.start()


def unload_with_workers(pool: Pool, step: _Step) -> None:
    """Unloads a step here and its model in the workers."""
    pool.close()
    with _without_its_model(step):
        step.unload()


def micro_batcher_for(pool: Pool, llm: LLM, most: int) -> MicroBatcher:
    """Makes a micro-batcher that sends its batches to the workers of a model.

    Args:
        pool: The workers.
        llm: The model; the copy in the main process is not loaded.
        most: Largest batch.
    """

    def generate(inputs: Any, num_generations: int, **arguments: Any) -> Any:
        try:
            return pool.run((inputs, num_generations, arguments))
        except WorkersLost as error:
            raise EndpointError(str(error)) from error

    return MicroBatcher(llm, most, generate, pool.count)


@contextmanager
def _without_its_model(step: _Step) -> Iterator[None]:
    """Makes `load` and `unload` of the step's model do nothing but the bookkeeping of `LLM`."""
    llm = in_process_model(step)
    assert llm is not None
    # Instance attributes win over the methods of the model's class. A copy that `load` makes for
    # its structured output has them as well.
    for model in {id(each): each for each in (llm, step._asked(llm))}.values():
        vars(model).update(load=partial(LLM.load, model), unload=partial(LLM.unload, model))
    try:
        yield
    finally:
        for model in (llm, step._asked(llm)):
            for name in ("load", "unload"):
                vars(model).pop(name, None)

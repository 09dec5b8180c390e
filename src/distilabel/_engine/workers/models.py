"""Models that work in the process they are loaded in, loaded in workers instead of here."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from typing import Any

from distilabel._engine.workers.pool import Pool, WorkersLost
from distilabel.errors import EndpointError
from distilabel.models.client.micro_batcher import MicroBatcher
from distilabel.models.llms.base import LLM, AsyncLLM
from distilabel.steps.base import _Step


def model_of(step: _Step) -> LLM | None:
    """The model of a step, if it works in the process it is loaded in."""
    # One in another field is called by the step's own code, so it goes where the step goes.
    llm = getattr(step, "llm", None)
    return llm if isinstance(llm, LLM) and not isinstance(llm, AsyncLLM) else None


def asks_through_engine(step: _Step) -> bool:
    """Whether the requests of a step to its models pass through the engine.

    They do for the model in `llm`, and for every `AsyncLLM`. Any other model is run by the code
    of the step.
    """
    models = step._all_models()
    return model_of(step) is not None or any(isinstance(llm, AsyncLLM) for llm in models)


def load_with(pool: Pool, step: _Step) -> None:
    """Loads a step here, and its model in workers."""
    with _model_left_out(step):
        step.load()
    pool.start()


def unload_with(pool: Pool, step: _Step) -> None:
    """Unloads a step here, and its model in workers."""
    pool.close()
    with _model_left_out(step):
        step.unload()


def batcher_with(pool: Pool, llm: LLM, most: int) -> MicroBatcher:
    """Gathers questions for a model that is in workers.

    Args:
        pool: the workers.
        llm: the model, as it is here.
        most: most questions in one call.
    """

    def generate(inputs: Any, num_generations: int, **arguments: Any) -> Any:
        try:
            return pool.run((inputs, num_generations, arguments))
        except WorkersLost as error:
            raise EndpointError(str(error)) from error

    return MicroBatcher(llm, most, generate, pool.count)


@contextmanager
def _model_left_out(step: _Step) -> Iterator[None]:
    """Has a step load everything but its model."""
    llm = model_of(step)
    assert llm is not None
    # They are found before the methods of its class.
    vars(llm).update(load=partial(LLM.load, llm), unload=partial(LLM.unload, llm))
    try:
        yield
    finally:
        for name in ("load", "unload"):
            del vars(llm)[name]

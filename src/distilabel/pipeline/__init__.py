"""Pipelines: build, check, run, dump a graph of steps."""

from typing import TYPE_CHECKING

from distilabel._core.faces import face

# At once, not lazily: the module of the same name would otherwise stand in the function's place.
from distilabel.pipeline.routing_batch_function import (
    routing_batch_function as routing_batch_function,
)

if TYPE_CHECKING:
    from distilabel.pipeline.local import Pipeline as Pipeline
    from distilabel.pipeline.routing_batch_function import sample_n_steps as sample_n_steps

__getattr__, _lazy = face(__name__, __file__)
__all__ = [*_lazy, "routing_batch_function"]

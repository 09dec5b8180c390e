"""Pipelines: build, check, run, dump a graph of steps."""

from typing import TYPE_CHECKING

from distilabel._core.lazy_exports import lazy_exports

if TYPE_CHECKING:
    from distilabel.pipeline.local import Pipeline as Pipeline
    from distilabel.pipeline.ray import RayPipeline as RayPipeline
    from distilabel.pipeline.routing_batch_function import (
        routing_batch_function as routing_batch_function,
    )
    from distilabel.pipeline.routing_batch_function import sample_n_steps as sample_n_steps
    from distilabel.pipeline.templates.instruction import (
        InstructionResponsePipeline as InstructionResponsePipeline,
    )

__getattr__, __all__ = lazy_exports(__name__, __file__)

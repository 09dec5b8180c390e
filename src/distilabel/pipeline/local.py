"""`Pipeline`: the pipeline that runs on this machine."""

from __future__ import annotations

from distilabel.pipeline.base import BasePipeline


class Pipeline(BasePipeline):
    """Steps, and who gives rows to whom, run on this machine.

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

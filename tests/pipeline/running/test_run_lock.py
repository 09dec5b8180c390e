"""A pipeline runs once at a time, also by another pipeline that has the same steps."""

from __future__ import annotations

import pytest

from distilabel.errors import DistilabelUserError
from distilabel.pipeline import Pipeline
from distilabel.pipeline.running.run_lock import one_run_at_a_time
from rooms import Numbers


@one_run_at_a_time
def run(pipeline: Pipeline, *others: Pipeline) -> str:
    """Runs the others while it runs itself."""
    for other in others:
        run(other)
    return "done"


def make(name: str = "p") -> Pipeline:
    with Pipeline(name=name) as pipeline:
        Numbers()
    return pipeline


def test_a_pipeline_and_its_ray_pipeline_do_not_run_at_once() -> None:
    pipeline = make()
    on_ray = pipeline.ray()
    with pytest.raises(DistilabelUserError, match="'p' is already running"):
        run(pipeline, on_ray)  # type: ignore[arg-type]
    with pytest.raises(DistilabelUserError, match="'p' is already running"):
        run(on_ray, pipeline)  # type: ignore[arg-type]
    assert run(on_ray) == run(pipeline) == "done"  # type: ignore[arg-type]


def test_two_pipelines_run_at_once() -> None:
    assert run(make("a"), make("a")) == "done"

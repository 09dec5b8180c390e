"""Protects the search for the step that makes a column."""

from __future__ import annotations

from distilabel.models import SimulatedLLM
from distilabel.pipeline import Pipeline
from distilabel.steps import LoadDataFromDicts
from distilabel.steps.pipeline_checks import maker_of
from distilabel.steps.tasks import TextGeneration


def test_the_nearest_step_makes_a_column_and_data_do_not() -> None:
    with Pipeline() as pipeline:
        load = LoadDataFromDicts(data=[{"instruction": "x"}])
        first = TextGeneration(name="first", llm=SimulatedLLM())
        second = TextGeneration(name="second", llm=SimulatedLLM())
        third = TextGeneration(
            name="third", llm=SimulatedLLM(), output_mappings={"generation": "other"}
        )
        load >> first >> second >> third
    before = [pipeline._steps[name] for name in ("third", "second", "first", str(load.name))]
    assert maker_of("generation", before) is second
    assert maker_of("other", before) is third
    assert maker_of("instruction", before) is None

"""Protects that a column which mappings lose is named before anything is spent."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from distilabel.models import SimulatedLLM
from distilabel.pipeline import Pipeline
from distilabel.pipeline.building.column_problems import missing_columns
from distilabel.steps import LoadDataFromDicts
from distilabel.steps.tasks import TextGeneration

TEMPLATE = "{{ text }} {{ texts }}"


@pytest.mark.parametrize(
    ("mappings", "lost"),
    [
        ({"output_mappings": {"generation": "second"}}, ["'generation'"]),
        ({"output_mappings": {"model_name": "by"}}, ["'model_name'"]),
        ({"output_mappings": {"generation": "a", "model_name": "generation"}}, ["'model_name'"]),
        (
            {
                "input_mappings": {"instruction": "generation"},
                "output_mappings": {"generation": "second", "model_name": "by"},
            },
            ["'model_name'"],
        ),
        ({"input_mappings": {"instruction": "model_name"}}, []),
        ({}, []),
    ],
)
def test_a_column_that_an_output_replaces_is_named_before_the_run(
    mappings: Any, lost: list[str], tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    with Pipeline(name="p", cache_dir=tmp_path) as pipeline:
        first = TextGeneration(name="first", llm=SimulatedLLM())
        load = LoadDataFromDicts(data=[{"instruction": "a"}])
        load >> first >> TextGeneration(name="next", llm=SimulatedLLM(), **mappings)
    distiset = pipeline.run()
    said = [r.getMessage() for r in caplog.records if "is lost" in r.getMessage()]
    assert [text.split()[3] for text in said] == lost
    columns = distiset["default"]["train"].column_names
    assert not {name.strip("'") for name in lost} & set(columns)


def test_a_column_that_the_step_needs_itself_is_not_suggested() -> None:
    step = TextGeneration(
        llm=SimulatedLLM(), name="t", columns=["text", "texts"], template=TEMPLATE
    )
    said = missing_columns(step, ["text"], ["texts", "passage"])
    assert said.endswith('use input_mappings={"text": "passage"}.')

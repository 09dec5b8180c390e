"""Protects provenance in whole runs: each column has its step, model, prompt and answer."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from distilabel.models import SimulatedLLM
from distilabel.models.client.answer_log import prompt_digest
from distilabel.pipeline import Pipeline
from distilabel.steps import (
    CombineOutputs,
    KeepColumns,
    LoadDataFromDicts,
    StepInput,
    step,
)
from distilabel.steps.tasks import TextGeneration
from distilabel.typing import StepOutput


@step(inputs=["generation"], outputs=["generation"])
def shout(inputs: StepInput) -> StepOutput:
    for row in inputs:
        row["generation"] = row["generation"].upper()
    yield inputs


def provenance(pipeline: Pipeline, **options: Any) -> list[dict[str, Any]]:
    rows = pipeline.run(provenance=True, **options)["default"]["train"]
    return [row["distilabel_provenance"] for row in rows]


def test_every_column_names_what_made_it_also_on_a_rerun(tmp_path: Path) -> None:
    def pipeline() -> Pipeline:
        with Pipeline("p", cache_dir=tmp_path) as made:
            load = LoadDataFromDicts(name="load", data=[{"instruction": "a"}])
            write = TextGeneration(name="write", llm=SimulatedLLM(model="m"), num_generations=2)
            keep = KeepColumns(name="keep", columns=["instruction", "generation", "model_name"])
            load >> write >> shout(name="shout") >> keep
        return made

    first, second = provenance(pipeline())
    steps = {column: made.partition("@")[0] for column, made in first["columns"].items()}
    assert steps == {"instruction": "load", "generation": "shout", "model_name": "write"}
    [asked] = first["steps"]["write"]["asked"]
    assert asked["model"] == first["steps"]["write"]["model"] == "m"
    assert asked["prompt"] == prompt_digest([{"role": "user", "content": "a"}])
    assert second["steps"]["write"]["asked"][0]["prompt"] == asked["prompt"]
    # Stored answers tell the same.
    assert provenance(pipeline()) == [first, second]
    assert provenance(pipeline(), use_cache=False)[0]["columns"] == first["columns"]


def test_branches_that_join_keep_the_answers_of_both(tmp_path: Path) -> None:
    with Pipeline("p", cache_dir=tmp_path) as pipeline:
        load = LoadDataFromDicts(name="load", data=[{"instruction": "a"}])
        tasks = [
            TextGeneration(
                name=name, llm=SimulatedLLM(model=name), output_mappings={"generation": name}
            )
            for name in ("left", "right")
        ]
        load >> tasks >> CombineOutputs(name="join")
    [row] = provenance(pipeline)
    assert row["columns"]["left"].startswith("left@")
    assert row["columns"]["right"].startswith("right@")
    assert {name: s["asked"][0]["model"] for name, s in row["steps"].items()} == {
        "left": "left",
        "right": "right",
    }


def test_without_the_option_rows_are_as_before(tmp_path: Path) -> None:
    with Pipeline("p", cache_dir=tmp_path) as pipeline:
        TextGeneration(name="write", llm=SimulatedLLM())
    rows = pipeline.run(dataset=[{"instruction": "a"}])["default"]["train"]
    assert "distilabel_provenance" not in rows.column_names

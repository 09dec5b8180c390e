"""Protects the description of a run: complete for the card, and without secrets."""

from __future__ import annotations

from pathlib import Path

import orjson
from datasets import Dataset

from distilabel.models import OpenAILLM, SimulatedLLM
from distilabel.pipeline import Pipeline
from distilabel.pipeline.running.run_facts import describe_step
from distilabel.pipeline.workspace.saved_distiset import open_distiset
from distilabel.steps import LoadDataFromDicts, LoadDataFromHub, make_generator_step
from distilabel.steps.tasks import TextGeneration


def test_a_step_is_described_without_its_secrets() -> None:
    llm = OpenAILLM(model="gpt-x", api_key="sk-very-secret")
    step = TextGeneration(
        name="write", llm=llm, num_generations=2, output_mappings={"generation": "answer"}
    )
    facts = describe_step(step)
    assert facts["class"] == "TextGeneration"
    assert facts["columns"]["answer"] == "Text of the model."
    assert facts["models"] == [{"name": "gpt-x", "class": "OpenAILLM"}]
    assert facts["signature"] == step.signature
    assert facts["parameters"]["num_generations"] == 2
    assert "secret" not in str(facts)
    assert "runtime_parameters_info" not in str(facts)


def test_a_dataset_that_was_loaded_is_named() -> None:
    assert describe_step(LoadDataFromHub(repo_id="me/d"))["dataset"] == "me/d"
    own = make_generator_step(Dataset.from_list([{"a": 1}]))
    assert "dataset" not in describe_step(own)


def test_a_run_that_is_opened_again_has_its_description(tmp_path: Path) -> None:
    with Pipeline("p", description="d", cache_dir=tmp_path) as pipeline:
        LoadDataFromDicts(name="load", data=[{"instruction": "a"}]) >> TextGeneration(
            name="write", llm=SimulatedLLM()
        )
    made = pipeline.run()
    again, _ = open_distiset("last", tmp_path)
    facts = again._run_facts
    assert facts == made._run_facts == orjson.loads(orjson.dumps(facts))
    assert (facts["pipeline"], facts["description"]) == ("p", "d")
    assert list(facts["steps"]) == ["load", "write"]
    assert facts["made_by"] == {
        "write": {"instruction": "load", "generation": "write", "model_name": "write"}
    }
    assert facts["report"]["rows"] == 1
    assert made._picture is not None
    assert made._picture().startswith(b"\x89PNG")

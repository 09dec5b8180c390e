"""Protects existing files: dumps of 1.5.3 load, and are dumped again the same."""

from __future__ import annotations

import json
from enum import Enum
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import pytest
from pydantic import BaseModel

import distilabel
from distilabel._core.safe_load import read_source
from distilabel._core.serialization import Serializable, from_plain
from distilabel.errors import DistilabelUserError
from distilabel.models import LLM, InferenceEndpointsLLM, OpenAILLM
from distilabel.pipeline import Pipeline
from rooms import Echo
from written import FOLDER, NEW, builtins, fields_of, holds, without_descriptions, written

pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning")

# 1.5.3 wrote this key; it is read, and not written any more.
NOT_WRITTEN = {"token"}
# 1.5.3 wrote the image model a second time.
WRITTEN_TWICE = {("ImageGeneration", "llm")}

# Classes that raise when they are made without their package, as in 1.5.3.
NEEDS_PACKAGE = (
    {"PreferenceToArgilla", "TextGenerationToArgilla"} if find_spec("argilla") is None else set()
)

DUMPS = [
    pytest.param(dump, id=f"{name}-{i}")
    for name, dumps in written().items()
    for i, dump in enumerate(dumps)
    if name in builtins() and name not in NEEDS_PACKAGE
]


def without_new_fields(made: Any, written: Any) -> Any:
    """Returns a dump without the fields that the other one lacks, also in its parts."""
    if not isinstance(made, dict) or not isinstance(written, dict):
        return made
    return {k: without_new_fields(v, written[k]) for k, v in made.items() if k in written}


def test_no_builtin_is_without_a_dump() -> None:
    assert sorted(builtins().keys() - written().keys() - NEW.keys()) == []
    assert builtins().keys() >= NEW.keys()


@pytest.mark.parametrize("dump", DUMPS)
def test_a_dump_loads_and_is_written_again(dump: dict[str, Any]) -> None:
    name = dump["type_info"]["name"]
    loaded = from_plain(json.loads(json.dumps(dump)))
    assert type(loaded) is builtins()[name]
    expected = {
        k: v for k, v in dump.items() if k not in NOT_WRITTEN and (name, k) not in WRITTEN_TWICE
    }
    # Through JSON, as it comes back from a file.
    again = json.loads(json.dumps(loaded.dump()))
    info, before = (d.pop("runtime_parameters_info", None) for d in (again, expected))
    assert holds(without_descriptions(info), without_descriptions(before))
    # Fields that 1.5.3 did not have may stand beside those that it wrote.
    assert without_new_fields(again, expected) == expected


@pytest.mark.parametrize("dump", DUMPS)
def test_what_was_loaded_loads_again_and_is_equal(dump: dict[str, Any]) -> None:
    loaded = from_plain({k: v for k, v in dump.items() if k not in NOT_WRITTEN})
    again = from_plain(json.loads(json.dumps(loaded.dump())))
    assert fields_of(again) == fields_of(loaded)


@pytest.mark.parametrize("name", sorted(NEW))
def test_what_is_new_loads_again_and_is_equal(name: str) -> None:
    made = builtins()[name](**NEW[name])
    again = Serializable.from_dict(json.loads(json.dumps(made.dump())))
    assert fields_of(again) == fields_of(made)


@pytest.mark.parametrize("name", sorted(written().keys() - builtins().keys()))
def test_a_class_that_is_not_here_is_named(name: str) -> None:
    with pytest.raises(DistilabelUserError, match=name):
        from_plain(written()[name][0])


@pytest.mark.parametrize("file", sorted((FOLDER / "pipelines").iterdir()), ids=lambda f: f.name)
def test_a_pipeline_loads_and_is_written_again(file: Path, tmp_path: Path) -> None:
    before = read_source(file)
    pipeline = Pipeline.from_file(file)
    path = tmp_path / f"again{file.suffix}"
    pipeline.save(path, format="json" if file.suffix == ".json" else "yaml")
    again = read_source(path)
    assert again.pop("distilabel") == {"version": distilabel.__version__}
    assert before.pop("distilabel") == {"version": "1.5.3"}
    for mine, theirs in zip(again["pipeline"]["steps"], before["pipeline"]["steps"], strict=True):
        info, expected = (e["step"].pop("runtime_parameters_info") for e in (mine, theirs))
        assert holds(without_descriptions(info), without_descriptions(expected))
        theirs["step"].pop("token", None)
    for function in (
        *again["pipeline"]["routing_batch_functions"],
        *before["pipeline"]["routing_batch_functions"],
    ):
        # Made anew, it describes itself in the words of this version.
        assert function.pop("description")
    assert again == before


def test_what_is_in_a_pipeline_is_what_was_written() -> None:
    pipeline = Pipeline.from_file(FOLDER / "pipelines" / "routed.yaml")
    assert (pipeline.name, pipeline.description) == (
        "preferences",
        "Answers of three models, judged.",
    )
    assert pipeline.requirements == ["numpy>=1", "orjson"]
    assert pipeline.dag.successors("load") == ["gen_openai", "gen_hf", "gen_claude"]
    assert pipeline.dag.predecessors("group") == ["gen_openai", "gen_hf", "gen_claude"]
    chosen = pipeline._routing["load"].route_batch(None, ["a", "b", "c"])
    assert len(set(chosen)) == 2
    steps: dict[str, Any] = dict(pipeline._steps)
    assert steps["gen_openai"].llm.structured_output["schema"]["title"] == "Character"
    assert steps["gen_hf"].llm.structured_output["format"] == "json"
    kinds = steps["gen_hf"].llm.generation_kwargs["kinds"]
    assert issubclass(kinds, Enum)
    assert kinds("good").name == "GOOD"
    assert steps["keep"].resources.replicas == 2
    assert steps["judge"].aspect == "overall-rating"
    assert all(step.pipeline is pipeline for step in steps.values())


class Owl(BaseModel):
    """An owl."""

    name: str


class Several(Echo):
    """A model of models, as those of 1.5.3 that ask several."""

    proposers: list[LLM]


def test_a_list_of_models_is_written_with_numbers_and_read_back() -> None:
    several = Several(proposers=[OpenAILLM(model="a"), InferenceEndpointsLLM(model_id="o/b")])
    dump = json.loads(json.dumps(several.dump()))
    assert list(dump["proposers"]) == ["0", "1"]
    assert dump["proposers"]["1"]["type_info"]["name"] == "InferenceEndpointsLLM"
    again = Several.from_dict(dump)
    assert [type(model) for model in again.proposers] == [OpenAILLM, InferenceEndpointsLLM]
    assert again.dump() == several.dump()


def test_a_class_as_schema_becomes_its_json_schema() -> None:
    llm = OpenAILLM(model="m", structured_output={"schema": Owl})
    dump = json.loads(json.dumps(llm.dump()))
    assert dump["structured_output"] == {"schema": Owl.model_json_schema()}
    assert OpenAILLM.from_dict(dump).dump() == dump

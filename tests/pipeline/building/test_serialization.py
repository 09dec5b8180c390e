"""Protects dumps of pipelines: they load as they were, without secrets, and run nothing."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import pytest
from pydantic import SecretStr

from distilabel.errors import DistilabelUserError
from distilabel.models import OpenAILLM, SimulatedLLM
from distilabel.pipeline import Pipeline, sample_n_steps
from distilabel.steps import CombineOutputs, KeepColumns, LoadDataFromDicts
from distilabel.steps.tasks import TextGeneration
from rooms import rows_of


def build(folder: Path) -> Pipeline:
    with Pipeline(name="p", description="d", cache_dir=folder, requirements=["orjson"]) as pipeline:
        load = LoadDataFromDicts(name="load", data=[{"instruction": str(i)} for i in range(8)])
        tasks: Any = [
            TextGeneration(name=name, llm=SimulatedLLM(seed=i), input_batch_size=50)
            for i, name in enumerate("ab")
        ]
        (
            load
            >> sample_n_steps(2)
            >> tasks
            >> CombineOutputs(name="both")
            >> KeepColumns(name="keep", columns=["generation"])
        )
    return pipeline


@pytest.mark.parametrize("suffix", ["json", "yaml", "yml"])
def test_the_round_trip(suffix: str, tmp_path: Path) -> None:
    pipeline = build(tmp_path)
    path = tmp_path / f"pipeline.{suffix}"
    pipeline.save(path, format="json" if suffix == "json" else "yaml")
    again = Pipeline.from_file(path)
    assert again.dump() == pipeline.dump()
    assert again.signature == pipeline.signature
    assert again.aggregated_steps_signature == pipeline.aggregated_steps_signature


def test_the_shape_of_a_dump(tmp_path: Path) -> None:
    dump = build(tmp_path).dump()
    assert set(dump) == {"distilabel", "pipeline", "requirements"}
    spec = dump["pipeline"]
    assert spec["type_info"] == {"module": "distilabel.pipeline.local", "name": "Pipeline"}
    assert [entry["name"] for entry in spec["steps"]] == ["load", "a", "b", "both", "keep"]
    assert spec["connections"][0] == {"from": "load", "to": ["a", "b"]}
    assert spec["connections"][-1] == {"from": "keep", "to": []}
    (routing,) = spec["routing_batch_functions"]
    assert routing["type_info"] == {
        "module": "distilabel.pipeline.routing_batch_function",
        "name": "sample_n_steps",
        "kwargs": {"n": 2},
    }
    assert "data" not in spec["steps"][0]["step"]


def test_what_is_loaded_runs(tmp_path: Path) -> None:
    pipeline = build(tmp_path)
    first = rows_of(pipeline.run())
    again = Pipeline.from_dict(pipeline.dump())
    again._cache_dir = tmp_path
    again._steps["load"].data = [{"instruction": str(i)} for i in range(8)]  # type: ignore[attr-defined]
    distiset = again.run()
    assert rows_of(distiset) == first
    assert distiset.report.asked == 0


def test_no_key_is_written(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", "sk-from-the-environment")
    with Pipeline(name="p", cache_dir=tmp_path) as pipeline:
        llm = OpenAILLM(model="m", api_key=SecretStr("sk-very-secret"))
        LoadDataFromDicts(data=[{"instruction": "i"}]) >> TextGeneration(llm=llm)
    for format in ("json", "yaml"):
        pipeline.save(tmp_path / f"p.{format}", format=format)
        text = (tmp_path / f"p.{format}").read_text()
        assert "sk-" not in text


def test_classes_of_others_have_to_be_allowed_by_name(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "my_steps.py").write_text(
        "from distilabel.steps.base import Step, StepInput\n"
        "class Mine(Step):\n    def process(self, inputs: StepInput):\n        yield inputs\n"
    )
    monkeypatch.syspath_prepend(tmp_path)
    dump = build(tmp_path).dump()
    dump["pipeline"]["steps"][-1]["step"]["type_info"] = {"module": "my_steps", "name": "Mine"}
    with pytest.raises(DistilabelUserError, match="allow"):
        Pipeline.from_dict(dump)
    assert "my_steps" not in sys.modules
    try:
        loaded = Pipeline.from_dict(dump, allow=("my_steps",))
        assert type(loaded._steps["keep"]).__name__ == "Mine"
    finally:
        sys.modules.pop("my_steps", None)


@pytest.mark.parametrize(
    ("module", "name", "kwargs"),
    [
        ("os", "system", {"command": "touch {}/owned"}),
        ("distilabel.pipeline.base", "write", {"data": {}, "path": "{}/owned", "format": "yaml"}),
        ("distilabel.pipeline.workspace.run_directory", "shutil.rmtree", {"path": "{}"}),
        ("distilabel.pipeline.routing_batch_function", "RoutingBatchFunction", {}),
        ("my_routing", "make", {}),
    ],
)
def test_a_file_calls_nothing_but_factories(
    module: str, name: str, kwargs: dict[str, Any], tmp_path: Path
) -> None:
    dump = build(tmp_path).dump()
    dump["pipeline"]["routing_batch_functions"][0]["type_info"] = {
        "module": module,
        "name": name,
        "kwargs": {k: v.format(tmp_path) if isinstance(v, str) else v for k, v in kwargs.items()},
    }
    with pytest.raises(DistilabelUserError, match="allow"):
        Pipeline.from_dict(dump)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("data", [{}, {"pipeline": None}, {"pipeline": {}}, {"steps": []}])
def test_what_is_no_pipeline(data: Any) -> None:
    with pytest.raises(DistilabelUserError, match="not a pipeline"):
        Pipeline.from_dict(data)


def test_a_folder_is_no_file(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="folder"):
        Pipeline.from_yaml(tmp_path)
